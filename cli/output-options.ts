import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";

/** The options of a command that prints for people or for programs. */
export function outputOptions(json: string) {
  return {
    output: {
      kind: "string",
      default: "text",
      choices: ["text", "json"],
      short: "o",
      help: `Output format; json: ${json}`,
    },
    json: { kind: "boolean", help: "The same as --output json" },
  } as const satisfies OptionSpecs;
}

/** Whether JSON is asked for. */
export function wantsJson({ output, json }: OptionValues<ReturnType<typeof outputOptions>>): boolean {
  return json || output === "json";
}
