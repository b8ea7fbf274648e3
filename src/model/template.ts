/** Texts, and between them variables whose values are filled in later. */
export type Template<Variable extends string> = readonly (string | { readonly variable: Variable })[];

const VARIABLE = /(\$\{\w*\}|\$\w*)/;

/** Reads a text in which `$name` and `${name}` are variables of these names; or says which one is none of them. */
export function readTemplate<Variable extends string>(
  text: string,
  variables: readonly Variable[],
): Template<Variable> | { readonly unknown: string } {
  const parts = text.split(VARIABLE).filter((part) => part !== "");
  const read = parts.map((part) => (part.startsWith("$") ? { variable: variableIn(part, variables) } : part));
  const unknown = read.findIndex((part) => typeof part !== "string" && part.variable === undefined);
  return unknown === -1 ? (read as Template<Variable>) : { unknown: parts[unknown]! };
}

/** The text of a template with the values of its variables. */
export function fillTemplate<Variable extends string>(
  template: Template<Variable>,
  valueOf: (variable: Variable) => string,
): string {
  return template.map((part) => (typeof part === "string" ? part : valueOf(part.variable))).join("");
}

function variableIn<Variable extends string>(part: string, variables: readonly Variable[]): Variable | undefined {
  const name = part.replace(/^\$\{?(\w*)\}?$/, "$1");
  return variables.find((one) => one === name);
}
