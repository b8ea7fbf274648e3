import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { balancingUnreadable } from "./balancing-unreadable.ts";
import { OWN_PREFIXES } from "./prefixes.ts";

/** How an endpoint is chosen for each request: in turns, by the fewest requests under way, or by response times. */
export type LoadBalance = "round-robin" | "least-connections" | "ewma";

/** By what is written; `least_conn` is of ingress-nginx before 0.20. */
const VALUES: Readonly<Record<string, LoadBalance>> = {
  round_robin: "round-robin",
  least_conn: "least-connections",
  ewma: "ewma",
};

export const LOAD_BALANCE: ServedAnnotation<LoadBalance> = {
  names: ["load-balance"],
  doc: "How an endpoint is chosen: `round_robin` (in turns, the default), `ewma` (of two by chance the one with the shorter response times, as they were lately, and fewer requests) or `least_conn` (the fewest requests under way)",
  served: { prefixes: OWN_PREFIXES, parse },
};

function parse(field: Field): LoadBalance | undefined {
  const text = String(field.value).trim();
  if (Object.hasOwn(VALUES, text)) return VALUES[text];
  return balancingUnreadable(field, {
    what: `Ignored ${quote(text)}: endpoints take turns`,
    why: "Hawser does not know it",
    fix: `Write ${Object.keys(VALUES)
      .join(", ")
      .replace(/, (?=[^,]*$)/, " or ")}`,
  });
}
