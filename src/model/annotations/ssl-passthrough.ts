import { child, complain, descend, type Field, quote, readList, type ProblemText } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { closingUnreadable } from "./closing-unreadable.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { servedField } from "./served-field.ts";
import { trueFalse } from "./true-false.ts";

export const SSL_PASSTHROUGH: ServedAnnotation<boolean> = {
  names: ["ssl-passthrough"],
  doc: "TLS connections whose server name is a host of the Ingress go unread to the endpoints of the path `/`, with `--ssl-passthrough`; else the paths are closed. The Ingress has to be the oldest of the host. Of what else it says, lists of networks and `limit-connections` hold for connections; any other restriction closes the host for TLS",
  served: {
    prefixes: OWN_PREFIXES,
    parse: closingUnreadable<boolean>(
      (text) => trueFalse(text) ?? { why: "it is neither true nor false" },
      'Write "true" or "false"',
    ),
  },
  risks: [{ effect: "reaches-other", asks: ASKS.on }],
};

/**
 * Whether the connections of an Ingress that asks for it cannot be passed on, with a Problem that says why. `rules`: its rules as
 * they are written; `isServed`: the program passes TLS on at all.
 */
export function lacksPassthrough(root: Field, rules: Field, isServed: boolean): boolean {
  const fault = isServed ? ruleFault(rules) : OFF;
  const field = servedField(root, SSL_PASSTHROUGH);
  if (fault === undefined || field === undefined) return false;
  complain(field, "INGRESS_PASSTHROUGH_UNSERVED", { what: "Closed all paths of this Ingress", ...fault });
  return true;
}

type Fault = Pick<ProblemText, "why" | "fix">;

const OFF: Fault = {
  why: "TLS is passed on with --ssl-passthrough alone, and without that requests would be read that the endpoints alone are to read",
  fix: "Start the ingress with --ssl-passthrough, or remove the annotation",
};

/** Why the rules, as they are written, do not say where the connections of each host go; undefined: they do. */
function ruleFault(rules: Field): Fault | undefined {
  const all = readList({ ...rules, problems: [] });
  if (all.length === 0) return { why: "it has no rule with a host", fix: "Write a rule with a host and the path /" };
  for (const rule of all) {
    const { value: host } = child(rule, "host");
    if (typeof host !== "string" || host === "")
      return {
        why: `a rule has no host (${rule.path}), and connections are known by their server name alone`,
        fix: "Write the host into the rule",
      };
    const paths = readList({ ...descend(rule, "http", "paths"), problems: [] });
    if (!paths.some((path) => isRoot(child(path, "path").value)))
      return {
        why: `connections go to the Service of the path /, and the rule of ${quote(host)} has none`,
        fix: "Write the path / into the rule",
      };
  }
  return undefined;
}

function isRoot(path: unknown): boolean {
  return path === "/" || path === "" || path === undefined;
}
