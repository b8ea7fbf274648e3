import { keyOf } from "#src/model/object.ts";
import { isRecord } from "#src/model/record.ts";
import { outcomeOf, type FailedOutcome } from "#src/source/kubernetes/api/outcome.ts";
import { type Identity, identityOf } from "./read-api-object.ts";

/** One event of a watch (metav1.WatchEvent). */
export type WatchLine =
  | { readonly kind: "put"; readonly identity: Identity; readonly object: unknown }
  | { readonly kind: "deleted"; readonly identity: Identity }
  /** Nothing happened up to this version; the object has nothing else. */
  | { readonly kind: "bookmark"; readonly identity: Pick<Identity, "resourceVersion"> }
  /** The watch ends: the object was a Status. */
  | { readonly kind: "error"; readonly refusal: FailedOutcome };

/** How the API server begins the line of an object that is there: TypeMeta, then ObjectMeta in the order of its fields. */
const PUT =
  /^\{"type":"(?:ADDED|MODIFIED)","object":\{"kind":"\w+","apiVersion":"[\w./]+","metadata":\{"name":"([\w.-]+)",(?:"namespace":"([\w.-]+)",)?"uid":"([\w-]+)","resourceVersion":"(\d+)"/;

/**
 * Which version of which object a line puts, read from its beginning alone: what is known already need not be parsed. A
 * writer gets everything it wrote once more. Undefined: that takes the whole line.
 */
export function identityInLine(line: string): Identity | undefined {
  const [, name, namespace = "", uid, resourceVersion] = PUT.exec(line) ?? [];
  if (name === undefined || uid === undefined || resourceVersion === undefined) return undefined;
  return { key: keyOf({ namespace, name }), namespace, name, uid, resourceVersion };
}

/** Reads one line; undefined for what is not an event. */
export function readWatchLine(line: string): WatchLine | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(event)) return undefined;
  const { type, object } = event;
  if (type === "ERROR") return { kind: "error", refusal: failedOutcomeOf(object) };
  if (type === "BOOKMARK") return readBookmark(object);
  const identity = identityOf(object);
  if (identity === undefined) return undefined;
  if (type === "ADDED" || type === "MODIFIED") return { kind: "put", identity, object };
  return type === "DELETED" ? { kind: "deleted", identity } : undefined;
}

function readBookmark(object: unknown): WatchLine | undefined {
  const metadata = isRecord(object) ? object["metadata"] : undefined;
  const resourceVersion = isRecord(metadata) ? metadata["resourceVersion"] : undefined;
  return typeof resourceVersion === "string" ? { kind: "bookmark", identity: { resourceVersion } } : undefined;
}

function failedOutcomeOf(status: unknown): FailedOutcome {
  const code = isRecord(status) && typeof status["code"] === "number" ? status["code"] : 500;
  const outcome = outcomeOf(code, undefined, JSON.stringify(status ?? {}));
  return outcome.kind === "ok" ? { kind: "failed", status: code, message: "an error without a status" } : outcome;
}
