import { printAge } from "#src/view/print-age.ts";
import { html, type VNode } from "./preact.js";

/** How long ago a time in ISO 8601 is; nothing where it is not known. */
export function age(time: string, nowMs: number): string {
  return printAge(nowMs - Date.parse(time));
}

/** An age, with the whole time for who points at it. */
export function Age({ at, nowMs }: { readonly at: string; readonly nowMs: number }): VNode | null {
  return at === "" ? null : html`<time class="age" datetime=${at} title=${at}>${age(at, nowMs)}</time>`;
}
