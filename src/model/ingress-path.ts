import {
  child,
  complain,
  complainMissing,
  type Field,
  isUnset,
  quote,
  readChoice,
  readMap,
  readText,
} from "./field.ts";
import { type IngressBackend, readBackend } from "./ingress-backend.ts";

/** How a path is compared with a request (networking.k8s.io/v1 `pathType`). */
export type PathType = "Exact" | "Prefix" | "ImplementationSpecific";

export interface IngressPath {
  /** Starts with `/`; the empty path, which ImplementationSpecific may have, is read as `/`. */
  readonly path: string;
  readonly pathType: PathType;
  readonly backend: IngressBackend;
}

/** What an API server refuses in paths of type Exact and Prefix: spellings that could mean another path. */
const AMBIGUOUS = ["//", "/./", "/../", "%2f", "%2F"];

/** Reads one path of a rule; undefined with a Problem where it cannot be served. */
export function readPath(field: Field, isV1: boolean): IngressPath | undefined {
  if (!readMap(field)) return undefined;
  const typeField = child(field, "pathType");
  const pathType = isUnset(typeField) && !isV1 ? "ImplementationSpecific" : readPathType(typeField);
  const path = pathType === undefined ? undefined : readPathText(child(field, "path"), pathType);
  const backend = readBackend(child(field, "backend"), isV1);
  if (pathType === undefined || path === undefined || backend === undefined) return undefined;
  return { path, pathType, backend };
}

function readPathType(field: Field): PathType | undefined {
  if (isUnset(field)) return complainMissing(field, "Write pathType: Prefix, Exact or ImplementationSpecific");
  return readChoice(field, ["Exact", "Prefix", "ImplementationSpecific"]);
}

function readPathText(field: Field, pathType: PathType): string | undefined {
  const text = isUnset(field) ? "" : readText(field);
  if (text === undefined) return undefined;
  if (text === "" && pathType === "ImplementationSpecific") return "/";
  const what = `Cannot serve the path ${quote(text)}`;
  if (!text.startsWith("/")) {
    const fix = `Write ${quote(`/${text}`)}`;
    return complain(field, "INGRESS_PATH_INVALID", { what, why: "it does not begin with /", fix });
  }
  if (pathType === "ImplementationSpecific") return text;
  const ambiguous = AMBIGUOUS.find((part) => text.includes(part)) ?? /\/\.\.?$/.exec(text)?.[0];
  if (ambiguous === undefined) return text;
  const why = `it has ${quote(ambiguous)}, which pathType ${pathType} does not allow`;
  return complain(field, "INGRESS_PATH_INVALID", { what, why, fix: "Write the path as it is after resolving that" });
}
