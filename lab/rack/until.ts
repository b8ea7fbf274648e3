import { setTimeout as delay } from "node:timers/promises";

/** How long `until` waits where nothing else is said: it ends a wait that would hang, and claims nothing about speed. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** Pause between two looks where nothing else is said: well under what a person or an assertion can tell. */
const LOOK_EVERY_MS = 10;

export interface UntilOptions {
  /** Default 60 seconds. */
  readonly timeoutMs?: number;
  /** Pause between two looks, 10 by default: longer ones leave the machine's CPU to what is waited for. */
  readonly everyMs?: number;
  /** The value to name in the error where the condition itself yields only undefined. */
  readonly lastSeen?: () => unknown;
}

/**
 * Looks again and again until the condition yields a value other than undefined or false, and returns that value.
 * Rejects after `timeoutMs` with an Error that names what was awaited and what was seen last (the value, or what the
 * condition threw).
 * @example await until("the client knows n1", async () => (await client.neighbor(vip))?.mac === n1.mac)
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  options: UntilOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const startMs = performance.now();
  for (;;) {
    let seen: unknown;
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
      seen = options.lastSeen?.() ?? value;
    } catch (error) {
      seen = error;
    }
    if (performance.now() - startMs > timeoutMs) {
      throw new Error(`waited ${timeoutMs} ms without success for: ${what} (last seen: ${printSeen(seen)})`);
    }
    await delay(options.everyMs ?? LOOK_EVERY_MS);
  }
}

function printSeen(seen: unknown): string {
  if (seen instanceof Error) return seen.message;
  return typeof seen === "string"
    ? seen
    : (JSON.stringify(seen, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value)) ?? "nothing");
}
