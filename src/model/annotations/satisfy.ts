import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";

export const SATISFY: ServedAnnotation<"all" | "any"> = {
  names: ["satisfy"],
  doc: "Whether a request has to meet all restrictions (`all`, the default), or one of address, password and service (`any`)",
  served: { prefixes: OWN_PREFIXES, parse: parseSatisfy },
  risks: [{ effect: "ignored", asks: (value) => value === "all" || value === "any" }, { effect: "restriction" }],
};

function parseSatisfy(field: Field): "all" | "any" | undefined {
  const text = String(field.value).trim();
  if (text === "all" || text === "any") return text;
  return restrictionUnreadable(field, {
    what: `Cannot tell what ${quote(text)} asks for`,
    why: "it is neither all nor any",
    fix: "Write all or any",
  });
}
