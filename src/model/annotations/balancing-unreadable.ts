import { complain, type Field, type ProblemText } from "#src/model/field.ts";

/** Adds a finding about an annotation that says how endpoints are chosen, and cannot be used: the Ingress is served as if it were not written. */
export function balancingUnreadable(field: Field, text: ProblemText): undefined {
  return complain(field, "INGRESS_BALANCING_INVALID", { ...text, severity: "warning" });
}
