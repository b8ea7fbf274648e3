import { complain, type Field, type ProblemText } from "#src/model/field.ts";

/** Adds a finding about an annotation that restricts nothing, and cannot be used: the Ingress is served as if it were not written. */
export function settingUnreadable(field: Field, text: ProblemText): undefined {
  return complain(field, "INGRESS_SETTING_INVALID", { ...text, severity: "warning" });
}
