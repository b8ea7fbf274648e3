/** A part of every day in UTC, in minutes since its midnight: from `from` until right before `to`. Over midnight where `to` is the earlier one; never both the same. */
export interface DailyWindow {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Whether a moment is in the window; `wallMs`: milliseconds since 1970. */
export function isWithin({ fromMinute, toMinute }: DailyWindow, wallMs: number): boolean {
  const minute = Math.floor(wallMs / MINUTE_MS) % DAY_MINUTES;
  if (fromMinute < toMinute) return fromMinute <= minute && minute < toMinute;
  return fromMinute <= minute || minute < toMinute;
}
