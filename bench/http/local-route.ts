import { execFileSync } from "node:child_process";

/** Of the network for measurements (RFC 2544), which no machine has otherwise. */
const ADDRESS = "198.18.0.1";

/** An address of this machine that is on none of its interfaces, as an Ingress may name one; undefined: it may not be added here. */
export interface LocalRoute extends Disposable {
  readonly address: string;
}

/** Adds it until it is disposed; undefined where that is not allowed. */
export function addLocalRoute(): LocalRoute | undefined {
  const route = ["local", `${ADDRESS}/32`, "dev", "lo"];
  try {
    ip("replace", route);
  } catch {
    return undefined;
  }
  return { address: ADDRESS, [Symbol.dispose]: () => ip("del", route) };
}

function ip(verb: string, route: readonly string[]): void {
  execFileSync("ip", ["route", verb, ...route], { stdio: "ignore" });
}
