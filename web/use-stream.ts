import type { BlindReason, StreamMessages } from "#src/page/page-stream.ts";
import { applyChanges } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { useEffect, useState } from "./preact.js";
import { readMessages } from "#src/view/page/read-messages.ts";

/** What the page knows, and how well. */
export interface Streamed {
  readonly view: PageView | undefined;
  /** Counts the views that say something else than the one before. */
  readonly version: number;
  /** How far the clock of the server is ahead of this browser's, in milliseconds. */
  readonly aheadMs: number;
  /** `lost`: the server does not answer. `blind`: it answers, and sees nothing. */
  readonly link: "connecting" | "live" | "lost" | "blind";
  /** Why it sees nothing. */
  readonly blind: readonly BlindReason[];
}

const START: Streamed = { view: undefined, version: 0, aheadMs: 0, link: "connecting", blind: [] };
/** The server is asked again so long after the stream ended. */
const AGAIN_MS = 1_000;

/** Follows the server for as long as the page is open. A stream that ends is begun again; then the whole page comes again. */
export function useStream(): Streamed {
  const [streamed, setStreamed] = useState(START);
  useEffect(() => {
    const ending = new AbortController();
    void follow(ending.signal, setStreamed);
    return () => ending.abort();
  }, []);
  return streamed;
}

type Update = (change: (before: Streamed) => Streamed) => void;

async function follow(signal: AbortSignal, update: Update): Promise<void> {
  while (!signal.aborted) {
    await followOnce(signal, update).catch(() => undefined);
    if (signal.aborted) return;
    update((before) => ({ ...before, link: "lost" }));
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Resolves when the stream has ended; rejects where there is none. */
async function followOnce(signal: AbortSignal, update: Update): Promise<void> {
  const { ok, body } = await fetch("stream", { signal });
  if (!ok || body === null) return;
  for await (const { name, data } of readMessages(body)) {
    const take = Object.hasOwn(TAKES, name) ? TAKES[name as keyof StreamMessages] : undefined;
    if (take !== undefined) update((before) => take(before, JSON.parse(data) as never));
  }
}

/** What each message makes of what the page knew before. */
const TAKES: {
  readonly [Name in keyof StreamMessages]: (before: Streamed, message: StreamMessages[Name]) => Streamed;
} = {
  page: ({ version }, { view, nowMs }) => live(view, nowMs, version + 1),
  changes: (before, { nowMs, ...changes }) =>
    before.view === undefined ? before : live(applyChanges(before.view, changes), nowMs, before.version + 1),
  seen: (before, { seenAt, nowMs }) =>
    before.view === undefined ? before : live({ ...before.view, seenAt }, nowMs, before.version),
  blind: (before, { problems, nowMs }) => ({
    ...before,
    link: "blind",
    blind: problems,
    aheadMs: nowMs - Date.now(),
  }),
};

function live(view: PageView, nowMs: number, version: number): Streamed {
  return { view, version, aheadMs: nowMs - Date.now(), link: "live", blind: [] };
}
