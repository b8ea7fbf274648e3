import { type Field, quote } from "#src/model/field.ts";
import { settingUnreadable } from "./setting-unreadable.ts";

/**
 * How to read an annotation that tunes how requests are served, without restricting them. What `parse` gives undefined for
 * is a Problem with this fix, and the Ingress is served as if it were not written.
 */
export function tunedBy<T>(parse: (text: string) => T | undefined, fix: string): (field: Field) => T | undefined {
  return (field) =>
    parse(String(field.value).trim()) ??
    settingUnreadable(field, {
      what: `Ignored ${quote(field.value)}`,
      why: "it cannot be read, and the default counts",
      fix,
    });
}
