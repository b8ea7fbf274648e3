import type { Problem } from "./problem.ts";
import { type HolderPlace, placeInside } from "./problem-place.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { isRecord } from "./record.ts";
import type { Key, Place } from "./written-yaml.ts";

/**
 * A value in an object of unknown shape, the place where it stands, and the list that all findings about the object go
 * to. The functions here read one field each; what cannot be read is undefined and has a Problem.
 */
export interface Field {
  readonly value: unknown;
  /** The object, or the file of one without a name: what every place begins with. */
  readonly holder: HolderPlace;
  /** `spec.ports[0].port`; empty for the object itself. */
  readonly path: string;
  readonly problems: Problem[];
  /** Where the value is written, if it was read from a text whose lines are known. */
  readonly place?: Place | undefined;
}

/** The parts of a Problem that its place does not give. */
export interface ProblemText {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly severity?: Problem["severity"];
  /** Where it is not the line of the field. */
  readonly line?: number | undefined;
}

/** Findings kept for one object: enough to fix it, few enough for a log. */
const MAX_PROBLEMS = 100;
/** Characters of a user's text that a message repeats. */
const MAX_QUOTED = 120;

/** A field inside another; its value is undefined where it is not there, or where the outer one is not a map. */
export function child(field: Field, name: string): Field {
  const path = field.path === "" ? name : `${field.path}.${name}`;
  const map = field.value;
  const value = isRecord(map) && Object.hasOwn(map, name) ? map[name] : undefined;
  return field.place === undefined
    ? { ...field, path, value }
    : { ...field, path, value, place: inside(field.place, name) };
}

function inside({ written, keys }: Place, key: Key): Place {
  return { written, keys: [...keys, key] };
}

/** Several levels of `child`. */
export function descend(field: Field, ...names: readonly string[]): Field {
  return names.reduce(child, field);
}

/** One key of a map whose keys are not identifiers: `metadata.annotations["hawser.dev/address-pool"]`. */
export function entry(field: Field, key: string): Field {
  return { ...child(field, key), path: `${field.path}[${JSON.stringify(key)}]` };
}

/** Whether it is missing; Kubernetes reads null as nothing. */
export function isUnset({ value }: Field): boolean {
  return value === undefined || value === null;
}

/** A value as a message shows it: JSON, cut to a length that fits an Event. Never throws. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a map";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
}

/** The line in which the value of a field is written; undefined where it is unknown. */
export function lineOf({ place }: Field): number | undefined {
  return place?.written.lineOf(place.keys);
}

/** Adds a finding about a field. Past the limit only the first error still replaces a warning. */
export function complain(field: Field, code: ProblemCode, text: ProblemText): undefined {
  const at = placeInside(field.holder, field.path);
  const { problems } = field;
  if (problems.length >= MAX_PROBLEMS && (text.severity === "warning" || hasError(problems))) return undefined;
  const { line = lineOf(field), ...texts } = text;
  const problem: Problem = { code, at, severity: "error", ...texts, ...(line === undefined ? {} : { line }) };
  if (problems.length < MAX_PROBLEMS) problems.push(problem);
  else problems.splice(-1, 1, problem);
  return undefined;
}

/** Whether a further finding would be kept, so that it is worth to look for a fix. */
export function hasRoom({ problems }: Field): boolean {
  return problems.length < MAX_PROBLEMS;
}

export function hasError(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Adds a finding about a field that must be there and is not. */
export function complainMissing(field: Field, fix: string): undefined {
  const what = `Cannot find ${lastName(field)}`;
  return complain(field, "FIELD_MISSING", { what, why: "it is required and missing", fix });
}

/** Adds a finding about a value of the right type that is not allowed here. */
export function complainInvalid(field: Field, why: string, fix: string): undefined {
  return complain(field, "FIELD_INVALID", { what: `Cannot use ${quote(field.value)}`, why, fix });
}

function complainType(field: Field, wanted: string): undefined {
  const why = `it is ${nameOfType(field.value)}, not ${wanted}`;
  return complain(field, "FIELD_WRONG_TYPE", {
    what: `Cannot read ${quote(field.value)}`,
    why,
    fix: `Write ${wanted} there`,
  });
}

function nameOfType(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  const names: Readonly<Record<string, string>> = { string: "a text", number: "a number", boolean: "true or false" };
  return names[typeof value] ?? "a map";
}

function lastName({ path }: Field): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** A text; undefined where unset, or with a Problem where it is none. */
export function readText(field: Field): string | undefined {
  if (isUnset(field)) return undefined;
  return typeof field.value === "string" ? field.value : complainType(field, "a text");
}

export function readBoolean(field: Field): boolean | undefined {
  if (isUnset(field)) return undefined;
  return typeof field.value === "boolean" ? field.value : complainType(field, "true or false");
}

/** A whole number from `min` to `max`, both included. */
export function readInteger(field: Field, { min, max }: { min: number; max: number }): number | undefined {
  const { value } = field;
  if (isUnset(field)) return undefined;
  if (typeof value !== "number") return complainType(field, "a number");
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return complainInvalid(
    field,
    `it is not a whole number from ${min} to ${max}`,
    `Write a number from ${min} to ${max}`,
  );
}

/** One of a closed set of words. */
export function readChoice<const C extends string>(field: Field, choices: readonly C[]): C | undefined {
  const text = readText(field);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  const meant = choices.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  const fix = meant === undefined ? `Write one of ${choices.join(", ")}` : `Write ${meant}`;
  return complainInvalid(field, `it is none of ${choices.join(", ")}`, fix);
}

/** The entries of a list, each with its index in the path; empty where unset, or with a Problem where it is not a list. */
export function readList(field: Field): readonly Field[] {
  const { value } = field;
  if (isUnset(field)) return [];
  if (!Array.isArray(value)) {
    complainType(field, "a list");
    return [];
  }
  const { place } = field;
  return Array.from(value, (item: unknown, index) => {
    const entry = { ...field, path: `${field.path}[${index}]`, value: item };
    return place === undefined ? entry : { ...entry, place: inside(place, index) };
  });
}

/**
 * What can be read of the entries of a list (`readList`). The result has the size it needs: one that grew has room for 17, and of
 * Services and EndpointSlices there are thousands.
 */
export function readEach<T>(entries: readonly Field[], read: (entry: Field) => T | undefined): readonly T[] {
  return Array.from(entries.flatMap((entry) => read(entry) ?? []));
}

/** Whether the field holds a map; a Problem where it holds something else. */
export function readMap(field: Field): boolean {
  if (isUnset(field)) return false;
  if (!isRecord(field.value)) complainType(field, "a map");
  return isRecord(field.value);
}

/** A number or boolean as the text that its writer wrote (`1.10`), where that is known; otherwise as it prints (`1.1`). */
export function spellingOf({ value, place }: Field): string {
  return place?.written.spellingOf(place.keys) ?? String(value);
}

/**
 * A map of texts, such as labels. YAML reads `5` and `true` as a number and a boolean: they are read as the text as it is
 * written, with a warning. A map or list instead of a text is kept as JSON with a Problem, so that the reader of the entry
 * refuses it and does not take it as left out.
 */
export function readTexts(field: Field): Readonly<Record<string, string>> {
  if (!readMap(field)) return {};
  const texts: [string, string][] = [];
  for (const key of Object.keys(field.value as object)) {
    const { value } = child(field, key);
    if (typeof value === "string") texts.push([key, value]);
    else texts.push([key, textOf(entry(field, key))]);
  }
  return Object.fromEntries(texts);
}

function textOf(field: Field): string {
  const { value } = field;
  if (isUnset(field)) return "";
  if (isRecord(value) || Array.isArray(value)) {
    complainType(field, "a text");
    return quote(value);
  }
  const text = spellingOf(field);
  complain(field, "TEXT_NOT_QUOTED", {
    what: `Read ${text} as a text`,
    why: "it is written without quotes, and Kubernetes refuses it",
    fix: `Write ${JSON.stringify(text)} in quotes`,
    severity: "warning",
  });
  return text;
}
