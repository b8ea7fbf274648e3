import { complainInvalid, type Field } from "./field.ts";
import { parseGoDuration } from "./go-duration.ts";

const HOUR_MS = 3_600_000;
/** A year: who wants more writes `forever`. */
const MAX_HOURS = 8_760;

/** The milliseconds of a rest time: a duration as Go writes it, or `forever` (Infinity). Undefined, with a Problem, for others. */
export function readRestTime(field: Field, text: string): number | undefined {
  if (text === "forever") return Infinity;
  const ms = parseGoDuration(text);
  const fix = 'Write "10m", "24h" or "forever"';
  if (ms === undefined) return complainInvalid(field, "it is neither a duration nor the word forever", fix);
  return ms > MAX_HOURS * HOUR_MS ? complainInvalid(field, `it is longer than ${MAX_HOURS}h`, fix) : ms;
}
