import { readFieldDirective } from "./read-field-directive.ts";
import { isAccess, needsNothing, readLocation } from "./read-location.ts";
import { readReturn } from "./read-return.ts";
import { readRewrite } from "./read-rewrite.ts";
import { readSnippet, type ReadDirective } from "./read-snippet.ts";
import { readSources } from "./read-sources.ts";
import type { Snippet, SnippetAnswer, SnippetField, SnippetLocation, SnippetResponseField } from "./snippet.ts";

/** `paths`: a configuration-snippet, in each location of the Ingress; `hosts`: a server-snippet, around them. */
export type SnippetScope = "paths" | "hosts";

/** A snippet as Hawser does it, and the directives that it need not, or cannot, do, none of which restricts. */
export type ParsedSnippet =
  | { readonly ok: true; readonly snippet: Snippet; readonly ignored: readonly ReadDirective[] }
  /** `directive`: the first that Hawser cannot do, and without which more would be open, or something else reached; undefined: it is not nginx configuration. */
  | { readonly ok: false; readonly directive: ReadDirective | undefined };

/** Characters of all fields that a snippet adds to one head: both snippets' fit beside the largest head of an endpoint. */
const MAX_FIELDS_LENGTH = 2_048;

function sizeOf(fields: readonly SnippetField[]): number {
  return fields.reduce((sum, { name, value }) => sum + name.length + value.length + 4, 0);
}

/** What is found in a snippet so far. */
interface Found {
  readonly requestFields: SnippetField[];
  readonly responseFields: SnippetResponseField[];
  readonly locations: SnippetLocation[];
  readonly ignored: ReadDirective[];
  readonly access: ReadDirective[];
  answer: SnippetAnswer | undefined;
}

/** Reads a snippet as a closed list of actions. */
export function parseSnippet(text: string, scope: SnippetScope): ParsedSnippet {
  const directives = readSnippet(text);
  if (directives === undefined) return { ok: false, directive: undefined };
  const found: Found = {
    requestFields: [],
    responseFields: [],
    locations: [],
    ignored: [],
    access: [],
    answer: undefined,
  };
  for (const directive of directives) if (!take(directive, scope, found)) return { ok: false, directive };
  const { requestFields, responseFields, locations, ignored, access, answer } = found;
  const most = [responseFields, ...locations.map((one) => [...responseFields, ...one.responseFields])];
  if (sizeOf(requestFields) > MAX_FIELDS_LENGTH || most.some((fields) => sizeOf(fields) > MAX_FIELDS_LENGTH))
    return { ok: false, directive: undefined };
  const sources = access.length === 0 ? undefined : readSources(access);
  if (sources === "unordered") return { ok: false, directive: access[0] };
  return { ok: true, snippet: { requestFields, responseFields, sources, answer, locations }, ignored };
}

/** Whether Hawser does what a directive says, or need not do it. */
function take(directive: ReadDirective, scope: SnippetScope, found: Found): boolean {
  const fields = fieldsOf(directive, scope);
  found.requestFields.push(...(fields?.request ?? []));
  found.responseFields.push(...(fields?.response ?? []));
  if (fields !== undefined || takesAs(directive, scope, found)) return true;
  // ingress-nginx sets fields of requests in each location, which then inherits none.
  const isOverwritten = scope === "hosts" && directive.name === "proxy_set_header" && directive.block === undefined;
  if (!isOverwritten && !needsNothing(directive)) return false;
  found.ignored.push(directive);
  return true;
}

function fieldsOf(directive: ReadDirective, scope: SnippetScope) {
  if (directive.block !== undefined || (scope === "hosts" && directive.name === "proxy_set_header")) return undefined;
  return readFieldDirective(directive);
}

function readLocationOf(directive: ReadDirective): SnippetLocation | undefined {
  return directive.name === "location" ? readLocation(directive) : undefined;
}

/** Takes a directive that answers requests, or says from where they may come; false where it is another one, or cannot be done. */
function takesAs(directive: ReadDirective, scope: SnippetScope, found: Found): boolean {
  if (scope === "hosts") {
    const location = directive.name === "rewrite" ? readRewrite(directive) : readLocationOf(directive);
    found.locations.push(...(location === undefined ? [] : [location]));
    return location !== undefined;
  }
  if (isAccess(directive)) return found.access.push(directive) > 0;
  if (directive.name !== "return" || found.answer !== undefined) return false;
  found.answer = readReturn(directive);
  return found.answer !== undefined;
}
