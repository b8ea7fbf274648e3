import { ASKS } from "#src/model/annotations/asks.ts";
import type { NginxSetting, SettingVerdict } from "./nginx-setting.ts";

type Judge = NonNullable<NginxSetting["judge"]>;

/** What a flag of ours is made of: nothing that a shell or YAML would read. */
const PLAIN = /^[A-Za-z0-9](?:[A-Za-z0-9._:/+!-]{0,1000}[A-Za-z0-9])?$/;

/** Builders of what records say of values. */
export const JUDGE = {
  same: (text: string): Judge => fixed({ kind: "same", text }),
  needless: (text: string): Judge => fixed({ kind: "needless", text }),
  notServed: (text: string, fix?: string): Judge => fixed({ kind: "not-served", text, ...(fix && { fix }) }),
  restriction: (text: string, fix: string): Judge => fixed({ kind: "not-served", text, fix, restricts: true }),

  /** Our flag with the value, as `print` gives it; where that gives undefined, the value cannot be read, or is out of range. */
  option:
    (flag: string, print: (value: string) => string | number | undefined = plainText, text?: string): Judge =>
    (value) => {
      const printed = print(value);
      if (printed === undefined)
        return {
          kind: "not-served",
          text: `Its value is not one of ${flag}`,
          fix: `See hawser ingress --help for ${flag}`,
        };
      return { kind: "option", flags: [`${flag}=${printed}`], ...(text === undefined ? {} : { text }) };
    },

  /** One of two verdicts, by whether a switch is on. */
  onOff:
    (on: Judge, off: Judge): Judge =>
    (value) =>
      (ASKS.true(value) || /^(?:on|yes)$/i.test(value) ? on : off)(value),

  /** What counts where the value is one of these, and what counts otherwise. */
  where:
    (isSo: (value: string) => boolean, then: Judge, otherwise: Judge): Judge =>
    (value) =>
      (isSo(value) ? then : otherwise)(value),

  /** A flag of ours without a value. */
  flag: (flag: string, text?: string): Judge => fixed({ kind: "option", flags: [flag], ...(text && { text }) }),
} as const;

function fixed(verdict: SettingVerdict): Judge {
  return () => verdict;
}

/** A text that may be written into a command line as it is. */
export function plainText(value: string): string | undefined {
  return PLAIN.test(value) ? value : undefined;
}

/** Whole seconds of `60`, `60s` or `2m`, within the bounds of an option. */
export function secondsWithin(min: number, max: number): (value: string) => number | undefined {
  return (value) => {
    const [, count, unit = "s"] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(value.trim()) ?? [];
    if (count === undefined) return undefined;
    const seconds = Math.ceil(Number(count) * { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }[unit as "s"]);
    return seconds < min || seconds > max ? undefined : seconds;
  };
}

/** The bytes of a size as nginx writes it. */
export function bytesOf(value: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,12})([kmg]?)$/i.exec(value.trim()) ?? [];
  return count === undefined
    ? undefined
    : Number(count) * { "": 1, k: 1_024, m: 1_048_576, g: 1_073_741_824 }[unit.toLowerCase() as ""];
}
