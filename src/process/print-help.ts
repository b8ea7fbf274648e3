import { flagOf, flagsOf, type OptionSpec, type OptionSpecs, variableOf } from "./option-spec.ts";

/** What `--help` says above the options. */
export interface CommandText {
  /** As typed: `hawser controller`. */
  readonly command?: string;
  /** What it does, in a sentence or two. */
  readonly about?: string;
  /** Placeholder of what may follow the options, such as `FILE...`; left out where nothing may. */
  readonly rest?: string;
  /** False: options are read from the command line alone, and no environment variable is named. */
  readonly hasVariables?: boolean;
}

/** The usage text: each option with its default and its environment variable. */
export function printHelp(
  specs: OptionSpecs,
  { command = "program", about, rest, hasVariables = true }: CommandText,
): string {
  const left = new Map(Object.entries(specs).map(([name, spec]) => [name, `  ${flagText(name, spec)}`]));
  const width = Math.max(...[...left.values(), "  --help"].map((text) => text.length)) + 2;
  const lines = Object.entries(specs).map(([name, spec]) => {
    const indent = " ".repeat(width);
    const line = `${(left.get(name) ?? "").padEnd(width)}${spec.help}${notes(spec)}`;
    return hasVariables ? `${line}\n${indent}[${variableOf(name)}]` : line;
  });
  return [
    `Usage: ${command} [options]${rest === undefined ? "" : ` ${rest}`}`,
    ...(about === undefined ? [] : ["", about]),
    "",
    hasVariables ? "Options (a flag overrides its environment variable, which overrides the default):" : "Options:",
    ...lines,
    `${"  --help".padEnd(width)}Print this text`,
    "",
  ].join("\n");
}

const placeholders = { string: "TEXT", number: "NUMBER", list: "A,B,..." } as const;

function flagText(name: string, spec: OptionSpec): string {
  if (spec.kind === "boolean") return spec.default === true ? flagOf(name).replace("--", "--[no-]") : flagOf(name);
  return `${flagsOf(name, spec).join(", ")} ${spec.placeholder ?? placeholders[spec.kind]}`;
}

function notes(spec: OptionSpec): string {
  const said: string[] = [];
  if (spec.kind === "string" && spec.choices !== undefined) said.push(`one of ${spec.choices.join(", ")}`);
  if (spec.kind === "number" && spec.min !== undefined && spec.max !== undefined)
    said.push(`${spec.min} to ${spec.max}`);
  if ("required" in spec && spec.required) said.push("required");
  if (spec.default !== undefined && String(spec.default) !== "") said.push(`default ${String(spec.default)}`);
  return said.length === 0 ? "" : ` (${said.join("; ")})`;
}
