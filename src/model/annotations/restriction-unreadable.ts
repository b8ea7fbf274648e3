import { complain, type Field, type ProblemText } from "#src/model/field.ts";

/** Adds a finding about an annotation that restricts who may come in, and cannot be used: the paths of its Ingress are closed. */
export function restrictionUnreadable(field: Field, { what, ...text }: ProblemText): undefined {
  return complain(field, "INGRESS_RESTRICTION_INVALID", {
    what: `${what}. All paths of this Ingress are closed`,
    ...text,
  });
}
