import { complain, type Field, quote } from "#src/model/field.ts";

/**
 * How to read an annotation that says who may come in to all paths of the hosts of its Ingress. What `parse` gives undefined, or a
 * text with the reason, for is a Problem with this fix, and the hosts are closed, as the `risks` of the annotation must say.
 */
export function hostRestrictedBy<T>(
  parse: (text: string, field: Field) => T | undefined | { readonly why: string },
  fix: string,
): (field: Field) => T | undefined {
  return (field) => {
    const read = parse(String(field.value).trim(), field);
    const isUnusable = typeof read === "object" && read !== null && "why" in read;
    if (read !== undefined && !isUnusable) return read;
    return hostsClosed(
      field,
      `${quote(field.value)} cannot be used: ${isUnusable ? read.why : "it cannot be read"}`,
      fix,
    );
  };
}

/** Adds a finding about such an annotation. */
export function hostsClosed(field: Field, why: string, fix: string): undefined {
  return complain(field, "INGRESS_RESTRICTION_INVALID", {
    what: "Closed all paths of the hosts of this Ingress",
    why,
    fix,
  });
}
