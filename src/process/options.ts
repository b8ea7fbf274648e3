import type { ProblemCode } from "#src/model/problem-codes.ts";
import type { Problem } from "#src/model/problem.ts";
import { type ProblemPlace } from "#src/model/problem-place.ts";
import { nearest } from "#src/model/nearest.ts";
import { type CommandText, printHelp } from "./print-help.ts";
import {
  flagOf,
  flagsOf,
  type OptionSpec,
  type OptionSpecs,
  type OptionValue,
  type OptionValues,
  variableOf,
} from "./option-spec.ts";
import { readOptionValue } from "./option-value.ts";

/** The exit code of a program with wrong options. */
export const EXIT_USAGE = 2;

/** What the command line and the environment say. `given`: the names of options that have a value from there, and not by default. */
export interface GivenValues<S extends OptionSpecs> {
  readonly kind: "values";
  readonly values: OptionValues<S>;
  readonly given: ReadonlySet<keyof S>;
  readonly rest: readonly string[];
}

/** What comes of reading options. */
export type ParsedOptions<S extends OptionSpecs> =
  | GivenValues<S>
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** One text given for an option, and where. */
interface Given {
  readonly where: string;
  readonly text: string;
}

/**
 * Reads options: a flag wins over its environment variable, that over the default. `argv` is without the program's
 * name. `rest` holds the arguments that are not options; they are a Problem unless `text.rest` allows them.
 */
export function parseOptions<const S extends OptionSpecs>(
  specs: S,
  argv: readonly string[],
  env: Environment,
  text: CommandText = {},
): ParsedOptions<S> {
  const { given, rest, problems, wantsHelp } = readArguments(specs, argv);
  if (wantsHelp) return { kind: "help", text: printHelp(specs, text) };
  if (text.rest === undefined) problems.push(...rest.map(unexpectedArgument));
  const values: Record<string, OptionValue | undefined> = {};
  const names = new Set<string>();
  for (const [name, spec] of Object.entries(specs)) {
    const variables = text.hasVariables === false ? [] : fromEnvironment(name, spec, env);
    const texts = given.get(name) ?? variables;
    if (texts.length > 0) names.add(name);
    const read = readOption(name, spec, texts);
    values[name] = read.value;
    problems.push(...read.problems);
  }
  if (problems.length > 0) return { kind: "problems", problems };
  return { kind: "values", values: values as OptionValues<S>, given: names, rest };
}

function readArguments(specs: OptionSpecs, argv: readonly string[]) {
  const byFlag = new Map(
    Object.entries(specs).flatMap(([name, spec]) => flagsOf(name, spec).map((flag) => [flag, { name, spec }] as const)),
  );
  const given = new Map<string, Given[]>();
  const rest: string[] = [];
  const problems: Problem[] = [];
  let wantsHelp = false;
  const queue = [...argv];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") rest.push(...queue.splice(0));
    else if (word === "--help" || word === "-h") wantsHelp = true;
    else if (!word.startsWith("-") || word === "-") rest.push(word);
    else {
      const [flag, text] = word.startsWith("--") ? splitFlag(word) : splitShort(word, byFlag);
      const negated = byFlag.get(flag.replace(/^--no-/, "--"));
      const known = byFlag.get(flag) ?? (negated?.spec.kind === "boolean" ? negated : undefined);
      if (known === undefined) problems.push(unknownFlag(flag, [...byFlag.keys(), "--help"]));
      else {
        const isBoolean = known.spec.kind === "boolean";
        const value = text ?? (isBoolean ? String(byFlag.has(flag)) : queue.shift());
        if (value === undefined) problems.push(missingValue(flag));
        else given.set(known.name, [...(given.get(known.name) ?? []), { where: flag, text: value }]);
      }
    }
  }
  return { given, rest, problems, wantsHelp };
}

function splitFlag(word: string): readonly [string, string | undefined] {
  const equals = word.indexOf("=");
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** `-ojson` and `-o=json` are `-o` with a value, where `-o` is an option. `-output` is not: a dash is missing. */
function splitShort(word: string, byFlag: ReadonlyMap<string, unknown>): readonly [string, string | undefined] {
  const [flag, text] = [word.slice(0, 2), word.slice(2)];
  if (!byFlag.has(flag) || byFlag.has(`-${splitFlag(word)[0]}`)) return splitFlag(word);
  return [flag, text === "" ? undefined : text.replace(/^=/, "")];
}

/** Kubernetes puts `tcp://10.0.0.1:80` into NAME_PORT for a Service called NAME: that is not an option's value. */
const serviceLink = /^(?:tcp|udp|sctp):\/\//;

function fromEnvironment(name: string, spec: OptionSpec, env: Environment): readonly Given[] {
  const where = variableOf(name);
  const text = env[where];
  if (text === undefined || text === "" || (spec.kind === "number" && serviceLink.test(text))) return [];
  return [{ where, text }];
}

/** The value of one option: of a flag given several times the last, of a list all. */
function readOption(
  name: string,
  spec: OptionSpec,
  given: readonly Given[],
): { readonly value: OptionValue | undefined; readonly problems: readonly Problem[] } {
  const relevant = spec.kind === "list" ? given : given.slice(-1);
  const problems: Problem[] = [];
  const values: OptionValue[] = [];
  for (const { where, text } of relevant) {
    const read = readOptionValue(spec, text);
    if (read.ok) values.push(read.value);
    else problems.push(problem("OPTION_INVALID", optionAt(where), `Cannot read "${text}"`, read));
  }
  if (given.length === 0 && "required" in spec && spec.required && spec.default === undefined) {
    const fix = `Give ${flagOf(name)} or set ${variableOf(name)}`;
    problems.push(problem("OPTION_MISSING", optionAt(flagOf(name)), "Cannot start", { why: "it has no value", fix }));
  }
  if (spec.kind === "list" && values.length > 0) return { value: values.flat() as readonly string[], problems };
  return { value: values[0] ?? defaultOf(spec), problems };
}

function defaultOf(spec: OptionSpec): OptionValue | undefined {
  if (spec.kind === "boolean") return spec.default ?? false;
  return spec.kind === "list" ? (spec.default ?? []) : spec.default;
}

function problem(code: ProblemCode, at: ProblemPlace, what: string, reason: { why: string; fix: string }): Problem {
  return { code, at, what, why: reason.why, fix: reason.fix, severity: "error" };
}

function optionAt(name: string): ProblemPlace {
  return { kind: "option", names: [name] };
}

function unknownFlag(flag: string, known: readonly string[]): Problem {
  // All options of one letter are near each other.
  const guess = flag.length > 2 ? nearest(flag, known) : undefined;
  const fix = guess === undefined ? "See --help for all options" : `Did you mean ${guess}?`;
  return problem("OPTION_UNKNOWN", optionAt(flag), "Unknown option", { why: "this command does not have it", fix });
}

function missingValue(flag: string): Problem {
  return problem("OPTION_INVALID", optionAt(flag), "Cannot read its value", {
    why: "it is missing",
    fix: `Write ${flag} VALUE`,
  });
}

function unexpectedArgument(text: string): Problem {
  const why = "this command takes only options";
  return problem("ARGUMENT_UNEXPECTED", { kind: "argument", text }, "Cannot use this argument", {
    why,
    fix: "Remove it",
  });
}
