import { ASKS } from "./asks.ts";

/** Whether a value asks for anything: where it is not blank, and the annotation that it is a detail of (`name`) asks for something. */
export function askedWith(name: string) {
  return (value: string, siblings: (name: string) => string | undefined): boolean =>
    value !== "" && ASKS.on(siblings(name) ?? "");
}
