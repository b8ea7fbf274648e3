import { describe, expect, it } from "vitest";
import { isWithin } from "#src/model/daily-window.ts";
import { readDailyWindow } from "#src/model/read-daily-window.ts";

const FLAG = "--fail-back-window";
const DAY_MS = 86_400_000;

describe("readDailyWindow", () => {
  it.each([
    [undefined, undefined],
    ["22:00-04:30", { fromMinute: 1_320, toMinute: 270 }],
    ["00:00-23:59", { fromMinute: 0, toMinute: 1_439 }],
    ["09:05-09:06", { fromMinute: 545, toMinute: 546 }],
    ["18:00-00:00", { fromMinute: 1_080, toMinute: 0 }],
  ])("13 E reads %s", (text, value) => {
    expect(readDailyWindow(FLAG, text)).toEqual({ ok: true, value, problems: [] });
  });

  it.each([
    "",
    "22-04",
    "22:00",
    "22:00-",
    "-04:00",
    "9:00-17:00",
    "09:0-17:00",
    "24:00-04:00",
    "22:00-24:00",
    "22:60-04:00",
    "22:00 - 04:00",
    " 22:00-04:00",
    "22:00-04:00\n",
    "22:00-04:00Z",
    "22:00–04:00",
    "22:00-04:00-06:00",
    "22:00:00-04:00:00",
    "२२:00-04:00",
    "always",
  ])("13 E refuses %j, and says how it is written", (text) => {
    expect(readDailyWindow(FLAG, text)).toEqual({
      ok: false,
      problems: [
        {
          code: "OPTION_INVALID",
          at: { kind: "option", names: [FLAG] },
          what: `Cannot read "${text}"`,
          why: "it is not HH:MM-HH:MM, from 00:00 to 23:59",
          fix: "Write two times of the day in UTC, such as 22:00-04:30; midnight is 00:00",
          severity: "error",
        },
      ],
    });
  });

  it.each(["00:00-00:00", "12:30-12:30"])("13 E refuses %s, which may be always or never", (text) => {
    expect(readDailyWindow(FLAG, text)).toMatchObject({
      ok: false,
      problems: [
        { why: expect.stringMatching(/^it ends when it begins/), fix: expect.stringMatching(/^Leave --fail-/) },
      ],
    });
  });
});

describe("isWithin", () => {
  it.each([
    { text: "09:00-17:30", inside: ["09:00:00.000", "12:00:00.000", "17:29:59.999"] },
    { text: "09:00-17:30", outside: ["00:00:00.000", "08:59:59.999", "17:30:00.000", "23:59:59.999"] },
    { text: "22:00-04:30", inside: ["22:00:00.000", "23:59:59.999", "00:00:00.000", "04:29:59.999"] },
    { text: "22:00-04:30", outside: ["04:30:00.000", "12:00:00.000", "21:59:59.999"] },
    { text: "18:00-00:00", inside: ["18:00:00.000", "23:59:59.999"], outside: ["00:00:00.000", "17:59:59.999"] },
    { text: "00:00-06:00", inside: ["00:00:00.000", "05:59:59.999"], outside: ["23:59:59.999", "06:00:00.000"] },
    { text: "23:59-00:01", inside: ["23:59:00.000", "00:00:59.999"], outside: ["23:58:59.999", "00:01:00.000"] },
  ])("13 E $text has $inside and not $outside, on every day", ({ text, inside = [], outside = [] }) => {
    const read = readDailyWindow(FLAG, text);
    const window = (read.ok ? read.value : undefined) ?? expect.fail(text);
    for (const day of ["1970-01-01", "2026-03-29", "2028-02-29", "2026-12-31"]) {
      for (const time of inside) expect([time, isWithin(window, Date.parse(`${day}T${time}Z`))]).toEqual([time, true]);
      for (const time of outside)
        expect([time, isWithin(window, Date.parse(`${day}T${time}Z`))]).toEqual([time, false]);
    }
  });

  it("13 E has each minute of a day once: in a window, or in the one that ends where it begins", () => {
    const [night, day] = [
      { fromMinute: 1_320, toMinute: 270 },
      { fromMinute: 270, toMinute: 1_320 },
    ];
    let nightMinutes = 0;
    for (let ms = 0; ms < DAY_MS; ms += 60_000) {
      expect(isWithin(night, ms)).toBe(!isWithin(day, ms));
      if (isWithin(night, ms)) nightMinutes++;
    }
    expect(nightMinutes).toBe(390);
  });
});
