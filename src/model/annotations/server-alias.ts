import { complain, type Field, quote } from "#src/model/field.ts";
import { meantHost, readHost } from "#src/model/read-host.ts";
import { readHostPattern } from "#src/pattern/host-pattern.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { OWN_PREFIXES } from "./prefixes.ts";

/** Further names of a host. */
export interface ServerAlias {
  /** Names, `*.example.com`, and regular expressions with `~` before them; each once. */
  readonly hosts: readonly string[];
  /** What cannot be served, as far as it names a host. */
  readonly closed: readonly string[];
}

/** Expressions of one Ingress: each host that no rule names is compared with all there are. */
const MAX_PATTERNS = 16;

export const SERVER_ALIAS: ServedAnnotation<ServerAlias> = {
  names: ["server-alias"],
  doc: "Further names of the first host of the Ingress, divided by commas or blanks: requests for them are served as those for that host, by all its Ingresses. `*.example.com` stands for one label; `~` begins a regular expression. A host that a rule names is not touched",
  served: { prefixes: OWN_PREFIXES, parse: parseAliases },
  risks: [{ effect: "hosts" }],
};

function parseAliases(field: Field): ServerAlias {
  const hosts = new Set<string>();
  const closed = new Set<string>();
  let patterns = 0;
  for (const text of String(field.value).split(/[\s,]+/)) {
    if (text === "") continue;
    if (text.startsWith("~")) {
      patterns += 1;
      if (readPattern(field, text, patterns)) hosts.add(text);
      continue;
    }
    const one = { ...field, value: text };
    const host = readHost(one);
    // Of what cannot be used, the name that it means.
    if (host !== undefined) hosts.add(host);
    else closed.add(meantHost(one) ?? text);
  }
  closed.delete("");
  return { hosts: [...hosts], closed: [...closed] };
}

function readPattern(field: Field, text: string, number: number): boolean {
  const pattern =
    number > MAX_PATTERNS ? { why: `an Ingress may have ${MAX_PATTERNS} of them` } : readHostPattern(text.slice(1));
  if (!("why" in pattern)) return true;
  complain(field, "INGRESS_REGEX_INVALID", {
    what: `Cannot serve the hosts of ${quote(text)}`,
    why: `it is a regular expression that Hawser cannot use: ${pattern.why}`,
    fix: "Write another expression, or the names themselves",
  });
  return false;
}
