import { complain, type Field, quote } from "#src/model/field.ts";

/**
 * How to read an annotation that tunes how requests are served, without restricting them. What `parse` gives undefined for
 * is a Problem with this fix, and the Ingress is served as if it were not written.
 */
export function tunedBy<T>(parse: (text: string) => T | undefined, fix: string): (field: Field) => T | undefined {
  return (field) =>
    parse(String(field.value).trim()) ??
    complain(field, "INGRESS_SETTING_INVALID", {
      what: `Ignored ${quote(field.value)}`,
      why: "it cannot be read, and the default counts",
      fix,
      severity: "warning",
    });
}
