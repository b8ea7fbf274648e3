const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;

/** Years, months, weeks, days, hours, minutes, seconds, milliseconds: each at most once, the longest first. */
const TIME =
  /^(?:(\d{1,9})y)?(?:(\d{1,9})M)?(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})(?:s|$))?(?:(\d{1,9})ms)?$/;
const UNITS_MS = [365 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS, DAY_MS, 3_600 * SECOND_MS, 60 * SECOND_MS, SECOND_MS, 1];

/**
 * The milliseconds of a time as nginx writes it: `60` and `60s`, `1m`, `1h30m`, `500ms`. Undefined where the text is not
 * one.
 */
export function parseTime(text: string): number | undefined {
  const match = text === "" ? null : TIME.exec(text);
  if (match === null) return undefined;
  const ms = UNITS_MS.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  return Number.isSafeInteger(ms) ? ms : undefined;
}
