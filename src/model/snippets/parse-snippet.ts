import { parseUrlTemplate } from "#src/model/url-template.ts";
import { HostPattern } from "#src/pattern/host-pattern.ts";
import { readFieldDirective } from "./read-field-directive.ts";
import { readSnippet, type ReadDirective } from "./read-snippet.ts";
import { readSources } from "./read-sources.ts";
import {
  type LocationMatch,
  type Snippet,
  type SnippetAnswer,
  type SnippetField,
  type SnippetLocation,
  type SnippetResponseField,
  SNIPPET_STATUSES,
} from "./snippet.ts";
import { isHarmlessInSnippet } from "./snippet-directive.ts";

/** `paths`: a configuration-snippet, in each location of the Ingress; `hosts`: a server-snippet, around them. */
export type SnippetScope = "paths" | "hosts";

/** A snippet as Hawser does it, and the directives that it need not, or cannot, do, none of which restricts. */
export type ParsedSnippet =
  | { readonly ok: true; readonly snippet: Snippet; readonly ignored: readonly ReadDirective[] }
  /** `directive`: the first that Hawser cannot do, and without which more would be open, or something else reached; undefined: it is not nginx configuration. */
  | { readonly ok: false; readonly directive: ReadDirective | undefined };

const REDIRECTS = [301, 302, 303, 307, 308] as const;

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
  if (sizeOf(requestFields) > MAX_FIELDS_LENGTH || sizeOf(responseFields) > MAX_FIELDS_LENGTH)
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
  if (!isOverwritten && !isHarmlessDirective(directive)) return false;
  found.ignored.push(directive);
  return true;
}

function fieldsOf(directive: ReadDirective, scope: SnippetScope) {
  if (directive.block !== undefined || (scope === "hosts" && directive.name === "proxy_set_header")) return undefined;
  return readFieldDirective(directive);
}

/** Takes a directive that answers requests, or says from where they may come; false where it is another one, or cannot be done. */
function takesAs(directive: ReadDirective, scope: SnippetScope, found: Found): boolean {
  if (scope === "hosts") {
    const location = directive.name === "location" ? readLocation(directive) : undefined;
    found.locations.push(...(location === undefined ? [] : [location]));
    return location !== undefined;
  }
  if (isAccess(directive)) return found.access.push(directive) > 0;
  if (directive.name !== "return" || found.answer !== undefined) return false;
  found.answer = readReturn(directive);
  return found.answer !== undefined;
}

function isAccess({ name, args, block }: ReadDirective): boolean {
  return (name === "allow" || name === "deny") && args.length === 1 && block === undefined;
}

/** `return 403;`, `return 301 URL;`, and `return URL;` for 302. A text for the client is only left out of an error. */
function readReturn({ args, block }: ReadDirective): SnippetAnswer | undefined {
  const [first = "", second, ...rest] = args;
  if (block !== undefined || rest.length > 0) return undefined;
  const url = /^(?:https?:|\$scheme)/.test(first) && second === undefined ? first : second;
  const code = url === first ? 302 : Number(first);
  const redirect = REDIRECTS.find((one) => one === code);
  if (redirect !== undefined && url !== undefined) {
    const location = parseUrlTemplate(url);
    if ("why" in location) return undefined;
    return { kind: "redirect", redirect: { status: redirect, location, isRelative: false } };
  }
  const status = SNIPPET_STATUSES.find((one) => one === code);
  return status === undefined || (second !== undefined && status < 400) ? undefined : { kind: "respond", status };
}

/** A location that is answered without an endpoint: with its `return`, 403 where it denies all, else as nginx answers for a file that it has not. */
function readLocation({ args, block = [] }: ReadDirective): SnippetLocation | undefined {
  const match = readMatch(args);
  if (match === undefined) return undefined;
  let answer: SnippetAnswer | undefined;
  const access: ReadDirective[] = [];
  for (const directive of block) {
    if (directive.name === "return" && answer === undefined) {
      answer = readReturn(directive);
      if (answer === undefined) return undefined;
    } else if (isAccess(directive) && directive.args[0] === "all") access.push(directive);
    else if (!isHarmlessDirective(directive)) return undefined;
  }
  const status = access[0]?.name === "deny" ? 403 : 404;
  return { match, answer: answer ?? { kind: "respond", status } };
}

function isHarmlessDirective({ block, ...directive }: ReadDirective): boolean {
  return block === undefined && isHarmlessInSnippet(directive);
}

/** Characters of a path that mean themselves, also after it is normalised. */
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~/!$&'()*+,=:@]*$/;

function readMatch(args: readonly string[]): LocationMatch | undefined {
  const [first = "", second, ...rest] = args;
  if (rest.length > 0) return undefined;
  if (second === undefined) return PLAIN_PATH.test(first) ? { kind: "prefix", path: first } : undefined;
  if (first === "=") return PLAIN_PATH.test(second) ? { kind: "exact", path: second } : undefined;
  if (first === "^~") return PLAIN_PATH.test(second) ? { kind: "prefix", path: second } : undefined;
  if (first !== "~" && first !== "~*") return undefined;
  const pattern = HostPattern.read(second);
  return pattern instanceof HostPattern ? { kind: "expression", path: second, pattern } : undefined;
}
