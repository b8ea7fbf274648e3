import type { Redirect } from "./annotations/redirects.ts";
import type { ClosedReason } from "./closed-reason.ts";
import {
  child,
  complain,
  complainMissing,
  descend,
  type Field,
  isUnset,
  quote,
  readChoice,
  readList,
  readMap,
  readText,
} from "./field.ts";
import type { PathTerms } from "./path-terms.ts";
import type { SnippetAnswer, SnippetStatus } from "./snippets/snippet.ts";
import { PathPattern } from "#src/pattern/path-pattern.ts";
import { type IngressBackend, readBackend } from "./ingress-backend.ts";
import { isRecord } from "./record.ts";

/** How a path is compared with a request (networking.k8s.io/v1 `pathType`). */
export type PathType = "Exact" | "Prefix" | "ImplementationSpecific";

/** Nothing serves the requests for a path: they are answered 503, for this reason. */
export interface ClosedTarget {
  readonly closed: ClosedReason;
}

/** The requests for a path are redirected. */
interface RedirectTarget {
  readonly redirect: Redirect;
}

/** The requests for a path are answered with a status. */
interface RespondTarget {
  readonly respond: SnippetStatus;
}

/** Where the requests for a path go. */
export type IngressTarget = IngressBackend | ClosedTarget | RedirectTarget | RespondTarget;

export function isAnswered(target: IngressTarget): target is RespondTarget {
  return "respond" in target;
}

export function isBackend(target: IngressTarget): target is IngressBackend {
  return "serviceName" in target;
}

export function isClosed(target: IngressTarget): target is ClosedTarget {
  return "closed" in target;
}

export interface IngressPath {
  /** Starts with `/`, except a pattern that could not be read; the empty path of ImplementationSpecific is read as `/`. */
  readonly path: string;
  readonly pathType: PathType;
  /**
   * The path is a regular expression as ingress-nginx has them. Where the target is closed it may be one that cannot be
   * read, or empty where which paths are meant is unknown: whatever it could match is closed.
   */
  readonly isPattern?: true;
  readonly target: IngressTarget;
  /** Its place in the object: `spec.rules[0].http.paths[1]`. */
  readonly at: string;
  /** On which terms its requests are served; undefined: as its Ingress says of all its paths. */
  readonly terms?: PathTerms;
}

/** What might be a path of a restricted Ingress, and cannot be served as one. */
export const RESTRICTED: ClosedTarget = { closed: "closed-restriction" };

/** What is known of the Ingress when a path of it is read. */
export interface PathContext {
  readonly isV1: boolean;
  /** Why all paths of the Ingress are closed; undefined: they are not. */
  readonly closed: ClosedReason | undefined;
  /** Its requests are answered so, and its backends are not asked. */
  readonly answer: SnippetAnswer | undefined;
  /** It is served with a restriction. */
  readonly isRestricted: boolean;
  /** Paths with special characters are regular expressions, and so are all of ImplementationSpecific. */
  readonly usesRegex: boolean;
}

/** What an API server refuses in paths of type Exact and Prefix: spellings that could mean another path. */
const AMBIGUOUS = ["//", "/./", "/../", "%2f", "%2F"];
/** What makes a regular expression of a path. A single dot does not: it matches a dot, too. */
const PATTERN = /[\\^$|?*+()[\]{}]/;

/**
 * Reads one path of a rule. One that cannot be served as written is closed, as far as its text says which requests
 * it is for. Undefined where that is unknown and the Ingress restricts nothing.
 */
function readPath(field: Field, context: PathContext): IngressPath | undefined {
  if (!readMap(field)) return unknownPath(field, context);
  const typeField = child(field, "pathType");
  const pathType = isUnset(typeField) && !context.isV1 ? "ImplementationSpecific" : readPathType(typeField);
  const pathField = child(field, "path");
  const text = isUnset(pathField) ? "" : readText(pathField);
  const backend = readBackend(child(field, "backend"), context.isV1);
  if (text === undefined) return unknownPath(field, context);
  if (context.usesRegex && PATTERN.test(text)) return patternOf(field, { text, pathType, backend }, context);
  const path = pathType === undefined ? undefined : readPathText(pathField, text, pathType);
  const isServed = pathType !== undefined && path !== undefined;
  const target = closedBy(context) ??
    (isServed ? targetOf(backend, context) : undefined) ?? { closed: closedReasonOf(field) };
  const isPattern = context.usesRegex && !isClosed(target) && isPlainPattern(text, pathType);
  return {
    path: path ?? withSlash(text),
    // The widest: it cannot leave open what another type would have covered.
    pathType: pathType ?? "ImplementationSpecific",
    ...(isPattern ? { isPattern } : {}),
    target,
    at: field.path,
  };
}

/** A path with special characters in an Ingress with regular expressions. Which type it has makes no difference. */
function patternOf(
  field: Field,
  written: {
    readonly text: string;
    readonly pathType: PathType | undefined;
    readonly backend: IngressBackend | undefined;
  },
  context: PathContext,
): IngressPath {
  const { text, pathType, backend } = written;
  const isReadable = readPattern(child(field, "path"), text);
  const isServed = isReadable && pathType !== undefined;
  const closed = isReadable ? closedReasonOf(field) : "closed-unsupported";
  return {
    path: withSlash(text),
    pathType: isReadable ? "ImplementationSpecific" : (pathType ?? "ImplementationSpecific"),
    isPattern: true,
    target: closedBy(context) ?? (isServed ? targetOf(backend, context) : undefined) ?? { closed },
    at: field.path,
  };
}

function targetOf(backend: IngressBackend | undefined, { answer }: PathContext): IngressTarget | undefined {
  return answer === undefined ? backend : answeredBy(answer);
}

/** The target of requests that no backend is asked for. */
export function answeredBy(answer: SnippetAnswer): IngressTarget {
  return answer.kind === "redirect" ? { redirect: answer.redirect } : { respond: answer.status };
}

function withSlash(text: string): string {
  return text.startsWith("/") ? text : `/${text}`;
}

/** Why a path is closed that can be read neither with its type nor with its backend. */
function closedReasonOf(field: Field): ClosedReason {
  return isUnset(descend(field, "backend", "resource")) ? "closed-unreadable" : "closed-unsupported";
}

/** Whether a text without special characters is compared as a regular expression is: without regard to case. */
function isPlainPattern(text: string, pathType: PathType | undefined): boolean {
  return pathType === "ImplementationSpecific" && text !== "" && PathPattern.read(text) instanceof PathPattern;
}

/** Whether a regular expression can be compared with; a Problem where it cannot. */
function readPattern(field: Field, text: string): boolean {
  const pattern = text.startsWith("/") ? PathPattern.read(text) : { why: "it does not begin with /" };
  if (pattern instanceof PathPattern) return true;
  complain(field, "INGRESS_REGEX_INVALID", {
    what: `Closed the path ${quote(text)}`,
    why: `it is a regular expression that Hawser cannot use: ${pattern.why}`,
    fix: "Write another expression, or the path as Prefix or Exact without special characters",
  });
  return false;
}

/** The paths of a rule. */
interface ReadPaths {
  readonly paths: readonly IngressPath[];
  /** The place of the first of which not even the text can be read, where nothing restricts it. */
  readonly unread?: string;
}

/** Reads the paths of a rule; what is not a list of paths counts as one path that cannot be read. */
export function readPaths(http: Field, context: PathContext): ReadPaths {
  if (isUnset(http)) return { paths: [] };
  const field = child(http, "paths");
  const listed = readMap(http) ? readList(field) : [];
  const isList = isRecord(http.value) && (isUnset(field) || Array.isArray(field.value));
  const entries = isList ? listed : [field];
  const { closed, isRestricted } = context;
  const isGuarded = closed !== undefined || isRestricted;
  const read = entries.map((entry) => (isList ? readPath(entry, context) : unknownPath(entry, context)));
  const paths = read.flatMap((path) => {
    if (path === undefined) return [];
    return isGuarded ? [path, ...maybePattern(path, closedBy(context) ?? RESTRICTED)] : [path];
  });
  const unread = entries[read.indexOf(undefined)]?.path;
  return unread === undefined ? { paths } : { paths, unread };
}

/** A path that is not open as the pattern that it may be, too, for another controller: `/admin/*` is for those of AWS and GCE. */
export function maybePattern(path: IngressPath, target: ClosedTarget): readonly IngressPath[] {
  const { path: text, pathType, isPattern } = path;
  return isPattern !== true && pathType !== "Exact" && PATTERN.test(text) ? [{ ...path, isPattern: true, target }] : [];
}

function closedBy({ closed }: PathContext): ClosedTarget | undefined {
  return closed && { closed };
}

/** A restriction on paths that cannot be read closes the whole host. */
function unknownPath(field: Field, context: PathContext): IngressPath | undefined {
  const target = closedBy(context) ?? (context.isRestricted ? RESTRICTED : undefined);
  return target && { path: "", pathType: "ImplementationSpecific", isPattern: true, target, at: field.path };
}

function readPathType(field: Field): PathType | undefined {
  if (isUnset(field)) return complainMissing(field, "Write pathType: Prefix, Exact or ImplementationSpecific");
  return readChoice(field, ["Exact", "Prefix", "ImplementationSpecific"]);
}

function readPathText(field: Field, text: string, pathType: PathType): string | undefined {
  if (text === "" && pathType === "ImplementationSpecific") return "/";
  const what = `Cannot serve the path ${quote(text)}`;
  if (!text.startsWith("/")) {
    const fix = `Write ${quote(`/${text}`)}`;
    return complain(field, "INGRESS_PATH_INVALID", { what, why: "it does not begin with /", fix });
  }
  if (text.endsWith("/*")) warnOfWildcard(field, text);
  if (pathType === "ImplementationSpecific") return text;
  const ambiguous = AMBIGUOUS.find((part) => text.includes(part)) ?? /\/\.\.?$/.exec(text)?.[0];
  if (ambiguous === undefined) return text;
  const why = `it has ${quote(ambiguous)}, which pathType ${pathType} does not allow`;
  return complain(field, "INGRESS_PATH_INVALID", { what, why, fix: "Write the path as it is after resolving that" });
}

function warnOfWildcard(field: Field, text: string): void {
  complain(field, "INGRESS_PATH_WILDCARD", {
    what: `Read the * of ${quote(text)} as a character like any other`,
    why: "Kubernetes has no wildcards in paths: only requests that contain the * match",
    fix: `Write ${quote(text.slice(0, -2) || "/")} with pathType: Prefix`,
    severity: "warning",
  });
}
