import { complain, type Field, quote } from "#src/model/field.ts";

/**
 * How to read an annotation that says who may come in, or how often. What `parse` gives undefined for is a Problem with
 * this fix, and the Ingress is closed, as the `risks` of the annotation must say.
 */
export function restrictedBy<T>(parse: (text: string) => T | undefined, fix: string): (field: Field) => T | undefined {
  return (field) =>
    parse(String(field.value).trim()) ??
    complain(field, "INGRESS_RESTRICTION_INVALID", {
      what: "Closed all paths of this Ingress",
      why: `${quote(field.value)} cannot be read, and without it the Ingress would be more open than written`,
      fix,
    });
}
