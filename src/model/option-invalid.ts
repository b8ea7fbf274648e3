import type { Problem } from "./problem.ts";

/** What to say of options (`--name`) whose values cannot be used. */
export function optionInvalid(names: readonly string[], text: Pick<Problem, "what" | "why" | "fix">): Problem {
  return { code: "OPTION_INVALID", at: { kind: "option", names }, ...text, severity: "error" };
}
