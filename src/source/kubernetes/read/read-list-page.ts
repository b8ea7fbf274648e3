import { isRecord } from "#src/model/record.ts";

/** One page of a list. */
export interface ListPage {
  readonly version: string;
  /** Names the next page; empty at the last one. */
  readonly next: string;
  readonly items: readonly unknown[];
}

/** Reads the answer to a list request. Throws an error with the code EBADMSG where it is none. */
export function readListPage(body: unknown): ListPage {
  const metadata = isRecord(body) ? body["metadata"] : undefined;
  const items: unknown = isRecord(body) ? body["items"] : undefined;
  const version = isRecord(metadata) ? metadata["resourceVersion"] : undefined;
  const next = isRecord(metadata) ? (metadata["continue"] ?? "") : "";
  if (typeof version !== "string" || typeof next !== "string" || !(Array.isArray(items) || items === null))
    throw Object.assign(new Error("the API server sent no list"), { code: "EBADMSG" });
  return { version, next, items: (items ?? []) as readonly unknown[] };
}
