import { complain, type Field, quote } from "#src/model/field.ts";

/** An annotation that is on or off. One that is neither counts as on: its writer asked for it, and plain HTTP is the less safe. */
export function parseSwitch(field: Field): boolean {
  const text = String(field.value).trim().toLowerCase();
  if (text !== "true" && text !== "false")
    complain(field, "INGRESS_SWITCH_INVALID", {
      what: `Read ${quote(field.value)} as true`,
      why: "it is neither true nor false",
      fix: 'Write "true" or "false"',
      severity: "warning",
    });
  return text !== "false";
}
