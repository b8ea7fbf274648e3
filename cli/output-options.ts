import type { OptionSpecs } from "#src/process/option-spec.ts";

/** The forms in which a command prints. `wide` is the text with more columns; `name` has a line for each object. */
const OUTPUT_FORMS = ["text", "json", "yaml", "wide", "name"] as const;

export type OutputForm = (typeof OUTPUT_FORMS)[number];

/** The options of a command that prints for people or for programs; `json` says what its JSON is. */
export function outputOptions(json: string) {
  return {
    output: {
      kind: "string",
      default: "text",
      choices: OUTPUT_FORMS,
      short: "o",
      help: `Output format; json and yaml: ${json}; wide: text with more columns; name: kind/namespace/name of each object`,
    },
    json: { kind: "boolean", help: "The same as --output json" },
  } as const satisfies OptionSpecs;
}

/** The form that is asked for. */
export function formOf<Form extends OutputForm>(options: {
  readonly output: Form;
  readonly json: boolean;
}): Form | "json" {
  return options.json ? "json" : options.output;
}
