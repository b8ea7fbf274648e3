import type { OptionSpec, OptionValue } from "./option-spec.ts";

/** A value read from text, or why it cannot be. */
export type ReadValue =
  | { readonly ok: true; readonly value: OptionValue }
  | { readonly ok: false; readonly why: string; readonly fix: string };

const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  "1": true,
  false: false,
  no: false,
  "0": false,
};

/** Reads the text of one option, strictly. */
export function readOptionValue(spec: OptionSpec, text: string): ReadValue {
  switch (spec.kind) {
    case "string":
      if (spec.choices === undefined || spec.choices.includes(text)) return { ok: true, value: text };
      return { ok: false, why: "it is not one of the known values", fix: `Give one of ${spec.choices.join(", ")}` };
    case "number":
      return readNumber(text, spec);
    case "boolean": {
      const value = words[text.toLowerCase()];
      if (value !== undefined) return { ok: true, value };
      return { ok: false, why: "it is neither true nor false", fix: "Give true or false" };
    }
    case "list":
      break;
  }
  const values = spec.isWhole === true ? [text] : splitList(text);
  const bad = values.flatMap((value) => spec.whyBad?.(value) ?? [])[0];
  return bad === undefined ? { ok: true, value: values } : { ok: false, ...bad };
}

function readNumber(text: string, { min = -Infinity, max = Infinity }: { min?: number; max?: number }): ReadValue {
  const fix = `Give ${rangeText(min, max)}`;
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return { ok: false, why: "it is not a number", fix };
  const value = Number(text);
  if (value < min) return { ok: false, why: `it is below ${min}`, fix };
  if (value > max) return { ok: false, why: `it is above ${max}`, fix };
  return { ok: true, value };
}

function rangeText(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return `a number from ${min} to ${max}`;
  if (Number.isFinite(min)) return `a number of at least ${min}`;
  return Number.isFinite(max) ? `a number of at most ${max}` : "a number such as 10";
}

function splitList(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
