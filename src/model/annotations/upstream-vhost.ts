import { complain, type Field, quote } from "#src/model/field.ts";
import { fillTemplate, readTemplate, type Template } from "#src/model/template.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

/** What of a rule may be in the host that its Service is asked for, as nginx names it. */
const RULE_VARIABLES = ["namespace", "ingress_name", "service_name", "service_port"] as const;

export type RuleVariable = (typeof RULE_VARIABLES)[number];

/** A host, with a port or without, and names of a rule in it: texts, and variables between them. */
export type HostTemplate = Template<RuleVariable>;

export const UPSTREAM_VHOST: ServedAnnotation<HostTemplate> = {
  names: ["upstream-vhost"],
  doc: "The host that the Service is asked for, in place of the one that the client asked. In it may be `$namespace`, `$ingress_name`, `$service_name` and `$service_port`",
  served: { prefixes: OWN_PREFIXES, parse: parseHost },
  risks: [{ effect: "reaches-other" }],
};

export const X_FORWARDED_PREFIX: ServedAnnotation<string> = {
  names: ["x-forwarded-prefix"],
  doc: "The field `X-Forwarded-Prefix` of requests whose path is rewritten",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy((text) => (/^\/[\x21-\x7e]{0,1023}$/.test(text) ? text : undefined), "Write a path such as /app"),
  },
};

/** Of a name (RFC 1035 section 3.1), with a port. */
const MAX_LENGTH = 259;
const HOST = /^[A-Za-z0-9._-]+(?::\d{1,5})?$/;

function parseHost(field: Field): HostTemplate | undefined {
  const text = String(field.value).trim();
  const read = readTemplate(text, RULE_VARIABLES);
  if (text.length <= MAX_LENGTH && !("unknown" in read) && HOST.test(fillTemplate(read, exampleOf))) return read;
  return complain(field, "INGRESS_HOST_INVALID", {
    what: `Cannot ask the Service for the host ${quote(text)}`,
    why: `it is not a host, with or without port, whose variables are among ${RULE_VARIABLES.map((name) => `$${name}`).join(", ")}`,
    fix: "Write a host such as shop.example.com",
  });
}

/** A text in place of a variable: as a whole port, or as a part of a name. */
function exampleOf(variable: RuleVariable): string {
  return variable === "service_port" ? "65535" : "x";
}
