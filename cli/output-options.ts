import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";

/** The options of a command that prints for people or for programs. */
export function outputOptions(json: string) {
  return {
    output: {
      kind: "string",
      default: "text",
      choices: ["text", "json"],
      help: `Output format; json: ${json}. Also -o`,
    },
    json: { kind: "boolean", help: "The same as --output json" },
  } as const satisfies OptionSpecs;
}

/** The arguments with `-o json` and `-ojson`, as kubectl has them, in the long form. */
export function withLongOutput(args: readonly string[]): readonly string[] {
  return args.flatMap((word) => {
    if (word === "-o") return ["--output"];
    return /^-o=?(?:json|text)$/.test(word) ? ["--output", word.replace(/^-o=?/, "")] : [word];
  });
}

/** Whether JSON is asked for. */
export function wantsJson({ output, json }: OptionValues<ReturnType<typeof outputOptions>>): boolean {
  return json || output === "json";
}
