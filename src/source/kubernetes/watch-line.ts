import { isRecord } from "#src/model/record.ts";
import { type Identity, identityOf } from "./objects.ts";
import { outcomeOf, type Refusal } from "./outcome.ts";

/** One event of a watch (metav1.WatchEvent). */
export type WatchLine =
  | { readonly kind: "put"; readonly identity: Identity; readonly object: unknown }
  | { readonly kind: "deleted"; readonly identity: Identity }
  /** Nothing happened up to this version; the object has nothing else. */
  | { readonly kind: "bookmark"; readonly identity: Pick<Identity, "resourceVersion"> }
  /** The watch ends: the object was a Status. */
  | { readonly kind: "error"; readonly refusal: Refusal };

/** Reads one line; undefined for what is no event. */
export function readWatchLine(line: string): WatchLine | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(event)) return undefined;
  const { type, object } = event;
  if (type === "ERROR") return { kind: "error", refusal: refusalOf(object) };
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

function refusalOf(status: unknown): Refusal {
  const code = isRecord(status) && typeof status["code"] === "number" ? status["code"] : 500;
  const outcome = outcomeOf(code, undefined, JSON.stringify(status ?? {}));
  return outcome.kind === "ok" ? { kind: "failed", status: code, message: "an error without a status" } : outcome;
}
