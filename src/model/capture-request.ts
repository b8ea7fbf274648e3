import { type Ip, parseIp, printIp } from "#src/ip/address.ts";

/** What `hawser capture` writes on a Node while it runs, as `printCaptureRequest` prints it. */
export const CAPTURE_ANNOTATION = "hawser.dev/capture";

/** A capture ends after this time, whatever is asked for: it is to be looked at by a person, and costs each node something. */
export const LONGEST_CAPTURE_MS = 60_000;

/**
 * A request is for now. One that is older was left behind, and is not begun again by a speaker that starts; one from the future
 * is of a clock that is wrong. Clocks that differ by more than this make all else of a cluster fail, too.
 */
const FRESH_MS = 60_000;

/** A person wants to see the ARP and NDP frames about an address. */
export interface CaptureRequest {
  /** As it was written: two requests differ in it. */
  readonly text: string;
  readonly address: Ip;
  /** From when a speaker reads it, more than 0 and at most `LONGEST_CAPTURE_MS`. */
  readonly forMs: number;
  /** In milliseconds since 1970. */
  readonly askedMs: number;
}

/** `192.0.2.1 10000 2026-11-30T14:00:00.000Z`: the address, how long in milliseconds, and when it was asked for. */
export function printCaptureRequest({ address, forMs, askedMs }: Omit<CaptureRequest, "text">): string {
  return `${printIp(address)} ${forMs} ${new Date(askedMs).toISOString()}`;
}

/** Reads what `printCaptureRequest` printed; undefined for anything else, and for one that is longer than allowed. */
export function parseCaptureRequest(text: string): CaptureRequest | undefined {
  const [, ip = "", duration = "", time = ""] = /^(\S{2,45}) (\d{1,5}) (\S{20,30})$/.exec(text) ?? [];
  const [address, forMs, askedMs] = [parseIp(ip), Number(duration), Date.parse(time)];
  if (address === undefined || forMs === 0 || forMs > LONGEST_CAPTURE_MS || Number.isNaN(askedMs)) return undefined;
  return { text, address, forMs, askedMs };
}

/** Whether a request was asked for lately, by a clock that may differ a little; `nowMs` since 1970. */
export function isFreshCapture({ askedMs }: CaptureRequest, nowMs: number): boolean {
  return Math.abs(nowMs - askedMs) <= FRESH_MS;
}

/** Whether a capture may still run. */
export function mayCaptureRun({ askedMs, forMs }: CaptureRequest, nowMs: number): boolean {
  return nowMs >= askedMs - FRESH_MS && nowMs <= askedMs + forMs;
}
