import type { LabelSelector } from "./label-selector.ts";
import { parseLabelSelector } from "./parse-label-selector.ts";
import { optionInvalid } from "./option-invalid.ts";
import type { Parsed } from "./problem.ts";

/** Reads an option that is a label selector; undefined where it is not given. */
export function readSelectorOption(flag: string, text: string | undefined): Parsed<LabelSelector | undefined> {
  const value = text === undefined ? undefined : parseLabelSelector(text);
  if (text === undefined || value !== undefined) return { ok: true, value, problems: [] };
  const what = `Cannot read "${text}"`;
  const why = "it is not a label selector";
  const fix = "Write requirements with commas, such as team=web or tier in (a,b)";
  return { ok: false, problems: [optionInvalid([flag], { what, why, fix })] };
}
