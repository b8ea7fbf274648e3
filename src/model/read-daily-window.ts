import type { DailyWindow } from "./daily-window.ts";
import { optionInvalid } from "./option-invalid.ts";
import type { Parsed } from "./problem.ts";

const TIME = "([01][0-9]|2[0-3]):([0-5][0-9])";
const PATTERN = new RegExp(`^${TIME}-${TIME}$`);

/** Reads an option that is a part of every day, HH:MM-HH:MM in UTC; undefined where it is not given. */
export function readDailyWindow(flag: string, text: string | undefined): Parsed<DailyWindow | undefined> {
  if (text === undefined) return { ok: true, value: undefined, problems: [] };
  const what = `Cannot read "${text}"`;
  const found = PATTERN.exec(text);
  if (found === null) {
    const why = "it is not HH:MM-HH:MM, from 00:00 to 23:59";
    const fix = "Write two times of the day in UTC, such as 22:00-04:30; midnight is 00:00";
    return { ok: false, problems: [optionInvalid([flag], { what, why, fix })] };
  }
  const [fromHour = 0, fromRest = 0, toHour = 0, toRest = 0] = found.slice(1).map(Number);
  const window = { fromMinute: fromHour * 60 + fromRest, toMinute: toHour * 60 + toRest };
  if (window.fromMinute !== window.toMinute) return { ok: true, value: window, problems: [] };
  const why = "it ends when it begins: that may be the whole day, or no time at all";
  const fix = `Leave ${flag} out for the whole day, or write two different times`;
  return { ok: false, problems: [optionInvalid([flag], { what, why, fix })] };
}
