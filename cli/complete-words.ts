import { flagsOf, type OptionSpec, type OptionSpecs } from "#src/process/option-spec.ts";

/** What may be written next. */
export interface WordOffer {
  readonly text: string;
  /** Shown beside it; empty where the word says it. */
  readonly about: string;
}

/** What a shell offers: words, and where `files` names of files. */
export interface Completion {
  readonly offers: readonly WordOffer[];
  readonly files: boolean;
}

/** What may follow the name of a command. */
export interface CommandWords {
  readonly options: OptionSpecs;
  /** Words that may be its first argument. */
  readonly words: readonly WordOffer[];
  /** Its arguments are files. */
  readonly takesFiles: boolean;
}

const NONE: Completion = { offers: [], files: false };
const FILES: Completion = { offers: [], files: true };
const HELP: WordOffer = { text: "--help", about: "Print the options" };

/** The words that may be in place of the last of `words`, which are those after the name of the command. */
export function completeWords(words: readonly string[], command: CommandWords): Completion {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const position = withoutOptions(before, command.options);
  if (position === "value") return completeValue(command.options, { flag: before.at(-1) ?? "", prefix: "", last });
  const joint =
    /^(?<prefix>(?<flag>--[^=]+)=)/.exec(last)?.groups ?? /^(?<prefix>(?<flag>-[a-zA-Z])=?)(?!$)/.exec(last)?.groups;
  if (joint !== undefined && !before.includes("--"))
    return completeValue(command.options, { flag: joint["flag"] ?? "", prefix: joint["prefix"] ?? "", last });
  if (last.startsWith("-") && !before.includes("--"))
    return { offers: starting(last, flags(command.options)), files: false };
  if (position === 0 && command.words.length > 0) return { offers: starting(last, command.words), files: false };
  return command.takesFiles ? FILES : NONE;
}

/** Those that begin with what is there. */
export function starting(text: string, offers: readonly WordOffer[]): readonly WordOffer[] {
  return offers.filter((one) => one.text.startsWith(text));
}

/** How many words are arguments; `value` where the last word is a flag whose value comes next. */
function withoutOptions(words: readonly string[], specs: OptionSpecs): number | "value" {
  let count = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return count + words.length - at - 1;
    const spec = word.startsWith("-") ? specOf(specs, word) : undefined;
    const takesNext = spec !== undefined && spec.kind !== "boolean";
    if (takesNext && at === words.length - 1) return "value";
    if (takesNext) at++;
    else if (!word.startsWith("-") || word === "-") count++;
  }
  return count;
}

function specOf(specs: OptionSpecs, flag: string): OptionSpec | undefined {
  return Object.entries(specs).find(([name, spec]) => flagsOf(name, spec).includes(flag))?.[1];
}

function flags(specs: OptionSpecs): readonly WordOffer[] {
  const own = Object.entries(specs).flatMap(([name, spec]) =>
    flagsOf(name, spec).map((text) => ({ text, about: spec.help })),
  );
  return [...own, HELP];
}

/** The values of an option, after `prefix`, which is in the same word. */
function completeValue(
  specs: OptionSpecs,
  { flag, prefix, last }: { readonly flag: string; readonly prefix: string; readonly last: string },
): Completion {
  const spec = specOf(specs, flag);
  if (spec === undefined) return NONE;
  if (/^(?:FILE|DIR)/.test(spec.placeholder ?? "")) return FILES;
  const values = valuesOf(spec).map((value) => ({ text: `${prefix}${value}`, about: "" }));
  return { offers: starting(last, values), files: false };
}

function valuesOf(spec: OptionSpec): readonly string[] {
  if (spec.kind === "boolean") return ["true", "false"];
  return spec.kind === "string" ? (spec.choices ?? []) : [];
}
