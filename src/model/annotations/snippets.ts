import { complain, type Field, quote } from "#src/model/field.ts";
import { parseSnippet, type SnippetScope } from "#src/model/snippets/parse-snippet.ts";
import { firstRiskyDirective } from "#src/model/snippets/snippet-directive.ts";
import { asRewriteTarget } from "#src/model/snippets/read-rewrite.ts";
import type { Snippet, SnippetLocation } from "#src/model/snippets/snippet.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { INSTEAD } from "./instead.ts";
import { insteadOfDirective } from "./instead-of-directive.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { snippetCloses } from "./snippet-closes.ts";

/** Directives of one snippet that are said to be ignored. */
const MAX_IGNORED = 5;

const CONFIGURATION_SNIPPET: ServedAnnotation<Snippet> = {
  names: ["configuration-snippet"],
  doc: "Configuration of nginx for the paths, as far as it is in the list above. Anything else that may restrict or change what is reached closes them",
  served: { prefixes: OWN_PREFIXES, parse: (field) => parse(field, "paths") },
  risks: [{ effect: "snippet" }],
};

const SERVER_SNIPPET: ServedAnnotation<Snippet> = {
  names: ["server-snippet"],
  doc: "Configuration of nginx for the hosts, as far as it is in the list above. Anything else that may restrict or change what is reached closes them",
  served: { prefixes: OWN_PREFIXES, parse: (field) => parse(field, "hosts") },
  risks: [{ effect: "snippet" }],
  scope: "host",
};

/** Configuration of nginx, by the names that the values have in the program. */
export const SNIPPETS = { configurationSnippet: CONFIGURATION_SNIPPET, serverSnippet: SERVER_SNIPPET } as const;

/** Whether paths of an Ingress with this snippet are not for everyone. */
export function isRestrictingSnippet({ sources, answer }: Snippet): boolean {
  return sources !== undefined || answer?.kind === "respond";
}

function parse(field: Field, scope: SnippetScope): Snippet | undefined {
  const text = String(field.value);
  const parsed = parseSnippet(text, scope);
  if (parsed.ok) {
    for (const directive of parsed.ignored.slice(0, MAX_IGNORED)) complainOfIgnored(field, directive);
    for (const location of parsed.snippet.locations)
      if (location.answer.kind === "closed") complainOfClosed(field, location);
    return parsed.snippet;
  }
  // What closes the paths: it decides about a snippet that is not nginx configuration, too.
  const risky = firstRiskyDirective(text);
  if (risky === undefined) return complainOfIgnored(field);
  return snippetCloses(field, scope === "hosts" ? "host" : undefined, parsed.directive ?? risky);
}

/** Says which paths a location or a rewrite of a snippet closes, and what to write for it. */
function complainOfClosed(field: Field, { match, because }: SnippetLocation): void {
  const { name = "", line = 1, text = "" } = because ?? {};
  const instead = because && asRewriteTarget(because);
  const paths =
    match.kind === "expression" ? "the paths that match" : match.kind === "exact" ? "the path" : "the paths below";
  complain(field, "INGRESS_SNIPPET_UNSUPPORTED", {
    what: `Closed ${paths} ${match.path} of the hosts of this Ingress`,
    why: `Hawser has no nginx, and line ${line} of the snippet (${quote(text)}) may restrict who comes in or what is reached there`,
    fix:
      instead === undefined
        ? insteadOfDirective(name)
        : `Remove the line, and write an Ingress for the host with the path ${instead.path} (Prefix), the same Service and the annotation ${INSTEAD.rewrite}: ${instead.target}`,
  });
}

function complainOfIgnored(field: Field, directive?: { readonly line: number; readonly text: string }): undefined {
  return complain(field, "INGRESS_ANNOTATION_UNKNOWN", {
    what:
      directive === undefined
        ? "Ignored this snippet"
        : `Ignored line ${directive.line} of this snippet (${quote(directive.text)})`,
    why: "Hawser has no nginx; nothing in it restricts who may come in",
    fix: "Remove it if the Ingress works without it",
    severity: "warning",
  });
}
