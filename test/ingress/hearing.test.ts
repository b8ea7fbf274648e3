import { expect, it } from "vitest";
import { hearing } from "#ingress/engine/endpoints/hearing.ts";

const UNHEARD = {
  isConnecting: false,
  isWhole: false,
  sentMs: 100,
  timesSentAgain: 0,
  silentMs: 5_000,
  roundTripMs: 0.2,
} as const;
const OPEN = { isConnected: true, waitedMs: 0 } as const;

it.each([
  ["all is acknowledged", { ...UNHEARD, isWhole: true }, OPEN, "heard"],
  ["nothing is", UNHEARD, OPEN, "unheard"],
  ["it was sent just now", { ...UNHEARD, sentMs: 3 }, OPEN, "early"],
  ["it was sent again just now", { ...UNHEARD, sentMs: 3, timesSentAgain: 1 }, OPEN, "unheard"],
  ["some of it was acknowledged just now", { ...UNHEARD, silentMs: 3 }, OPEN, "early"],
  ["the endpoint is far away", { ...UNHEARD, roundTripMs: 80 }, OPEN, "unknown"],
  ["the kernel does not say", undefined, OPEN, "unknown"],
  ["a connection is asked for", { ...UNHEARD, isConnecting: true }, { isConnected: false, waitedMs: 99 }, "unheard"],
  ["it is asked for since now", { ...UNHEARD, isConnecting: true }, { isConnected: false, waitedMs: 9 }, "early"],
  ["there is a connection, and no TLS on it yet", UNHEARD, { isConnected: false, waitedMs: 99 }, "unknown"],
] as const)("I7 what was sent counts as heard or not where %s", (_case, said, how, result) => {
  expect(hearing(said, how)).toBe(result);
});
