import { isDnsLabel, isDnsSubdomain } from "./name.ts";
import { optionInvalid } from "./option-invalid.ts";
import type { Parsed } from "./problem.ts";

/** Reads an option that names an object as NAMESPACE/NAME; undefined where it is not given. */
export function readNamespacedName(flag: string, text: string | undefined): Parsed<string | undefined> {
  const [namespace = "", name = "", ...rest] = text?.split("/") ?? [];
  if (text === undefined || (rest.length === 0 && isDnsLabel(namespace) && isDnsSubdomain(name)))
    return { ok: true, value: text, problems: [] };
  const what = `Cannot read "${text}"`;
  const fix = "Write a value as --help describes it";
  const why = "it is not NAMESPACE/NAME";
  return { ok: false, problems: [optionInvalid([flag], { what, why, fix })] };
}
