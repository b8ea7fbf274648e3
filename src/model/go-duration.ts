import { complain, type Field, isUnset, quote } from "./field.ts";

/** Milliseconds of the units that Go's time.ParseDuration knows. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** The milliseconds of a duration as Go writes it (`90s`, `1m30s`, `0`); undefined where it is not one, or is negative. */
export function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (text.length > 64 || !/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ""] ?? 0), 0);
}

/** Reads a duration as Go writes it, in milliseconds. */
export function readGoDuration(field: Field): number | undefined {
  const { value } = field;
  if (isUnset(field)) return undefined;
  const milliseconds = typeof value === "string" ? parseGoDuration(value) : undefined;
  if (milliseconds !== undefined) return milliseconds;
  return complain(field, "FIELD_INVALID", {
    what: `Cannot read ${quote(value)} as a duration`,
    why: "a duration has numbers with units (h, m, s, ms)",
    fix: 'Write one such as "90s" or "1m30s"',
  });
}
