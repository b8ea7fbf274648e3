import { parseGoDuration } from "#src/model/go-duration.ts";

const LONGEST_MS = 86_400_000;

/** Reads a duration such as 60s, more than 0 and up to a day, in milliseconds; a text says what is wrong with it. */
export function readDurationOption(flag: string, text: string): number | string {
  const durationMs = parseGoDuration(text) ?? Infinity;
  return durationMs === 0 || durationMs > LONGEST_MS
    ? `${flag} ${text} is not a duration such as 60s, up to 24h`
    : durationMs;
}
