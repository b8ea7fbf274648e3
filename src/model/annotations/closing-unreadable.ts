import { complain, type Field, quote } from "#src/model/field.ts";

/**
 * How to read an annotation that says what requests reach, or how safely. What `parse` gives a text for, which is why it
 * cannot be used, is a Problem with this fix, and the Ingress is closed, as the `risks` of the annotation must say.
 */
export function closingUnreadable<T>(
  parse: (text: string, field: Field) => T | { readonly why: string },
  fix: string,
): (field: Field) => T | undefined {
  return (field) => {
    const read = parse(String(field.value).trim(), field);
    if (typeof read !== "object" || read === null || !("why" in read)) return read;
    return complain(field, "INGRESS_ANNOTATION_UNSUPPORTED", {
      what: "Closed all paths of this Ingress",
      why: `${quote(field.value)} cannot be served: ${read.why}`,
      fix,
    });
  };
}
