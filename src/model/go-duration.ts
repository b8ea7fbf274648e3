import { complain, type Field, isUnset, quote } from "./field.ts";

/** Nanoseconds of the units that Go's time.ParseDuration knows; µ is the micro sign, μ the Greek letter. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};
/** Go counts nanoseconds in 63 bits. */
const END_NS = 2n ** 63n;
/** Digits of the largest number that Go reads. */
const MAX_DIGITS = 19;

const PART = /(?:(\d+)(?:\.(\d*))?|\.(\d+))(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const WHOLE = new RegExp(`^(?:${PART.source})+$`);

/**
 * The milliseconds of a duration as Go's time.ParseDuration reads it (`90s`, `1m30s`, `.5s`, `+0`), to the nanosecond;
 * undefined where that is an error, or the duration is negative.
 */
export function parseGoDuration(text: string): number | undefined {
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  const unsigned = text.slice(sign.length);
  if (unsigned === "0") return 0;
  if (!WHOLE.test(unsigned)) return undefined;
  let sum = 0n;
  for (const [, whole = "", after, alone, unit = ""] of unsigned.matchAll(PART)) {
    const ns = nanosecondsOf(whole, after ?? alone ?? "", UNITS[unit] ?? 0);
    if (ns === undefined) return undefined;
    sum += ns;
    if (sum > END_NS) return undefined;
  }
  if (sum === END_NS || (sign === "-" && sum > 0n)) return undefined;
  return Number(sum) / 1e6;
}

/** One number with its unit; what is smaller than a nanosecond is cut off, as in Go. Undefined where it is too large. */
function nanosecondsOf(whole: string, fraction: string, unit: number): bigint | undefined {
  const digits = whole.replace(/^0+/, "");
  if (digits.length > MAX_DIGITS) return undefined;
  const part = Math.floor(
    Number(fraction.slice(0, MAX_DIGITS - 1)) * (unit / 10 ** Math.min(fraction.length, MAX_DIGITS - 1)),
  );
  const ns = BigInt(digits) * BigInt(unit) + BigInt(part);
  return ns > END_NS ? undefined : ns;
}

/** Reads a duration as Go writes it, in milliseconds. */
export function readGoDuration(field: Field): number | undefined {
  const { value } = field;
  if (isUnset(field)) return undefined;
  const milliseconds = typeof value === "string" ? parseGoDuration(value) : undefined;
  if (milliseconds !== undefined) return milliseconds;
  return complain(field, "FIELD_INVALID", {
    what: `Cannot read ${quote(value)} as a duration`,
    why: "a duration has numbers with units (h, m, s, ms), and is not negative",
    fix: 'Write one such as "90s" or "1m30s"',
  });
}
