import type { BlindReason, StreamMessages } from "#src/page/page-stream.ts";
import { applyChanges } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { ask } from "./ask.ts";
import { useEffect, useState } from "./preact.js";
import { readMessages } from "#src/view/page/read-messages.ts";

/** What the page knows, and how well. */
export interface Streamed {
  readonly view: PageView | undefined;
  /** Counts the views that say something else than the one before. */
  readonly version: number;
  /** How far the clock of the server is ahead of this browser's, in milliseconds. */
  readonly aheadMs: number;
  /** `lost`: the server does not answer. `blind`: it answers, and sees nothing. `refused`: it shows nothing to this person. */
  readonly link: "connecting" | "live" | "lost" | "blind" | "refused";
  /** Why it sees nothing. */
  readonly blind: readonly BlindReason[];
  /** What the server said where it did not answer with the stream; empty: nothing. */
  readonly why: string;
}

const START: Streamed = { view: undefined, version: 0, aheadMs: 0, link: "connecting", blind: [], why: "" };
/** The server is asked again so long after the stream ended. */
const AGAIN_MS = 1_000;
/** Statuses of a server that does not let this person see anything. */
const REFUSED = [401, 403];

/**
 * Follows the server for as long as the page is open. A stream that ends is begun again; then the whole page comes again. One that is
 * refused is not, until `attempt` is another.
 */
export function useStream(attempt: number): Streamed {
  const [streamed, setStreamed] = useState(START);
  useEffect(() => {
    const ending = new AbortController();
    void follow(ending.signal, setStreamed);
    return () => ending.abort();
  }, [attempt]);
  return streamed;
}

type Update = (change: (before: Streamed) => Streamed) => void;

async function follow(signal: AbortSignal, update: Update): Promise<void> {
  while (!signal.aborted) {
    const { status, why } = await followOnce(signal, update).catch(() => NO_ANSWER);
    if (signal.aborted) return;
    if (REFUSED.includes(status)) {
      // What it saw before is not for this person any longer.
      update(({ version }) => ({ ...START, version, link: "refused", why }));
      return;
    }
    update((before) => ({ ...before, link: "lost", why }));
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

interface Ended {
  readonly status: number;
  readonly why: string;
}

const NO_ANSWER: Ended = { status: 0, why: "" };

/** Resolves when the stream has ended, or with why there is none; rejects where the server does not answer. */
async function followOnce(signal: AbortSignal, update: Update): Promise<Ended> {
  const response = await ask("stream", signal);
  const { ok, body, status } = response;
  if (!ok || body === null) return { status, why: (await response.text()).trim() };
  for await (const { name, data } of readMessages(body)) {
    const take = Object.hasOwn(TAKES, name) ? TAKES[name as keyof StreamMessages] : undefined;
    if (take !== undefined) update((before) => take(before, JSON.parse(data) as never));
  }
  return NO_ANSWER;
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
  return { view, version, aheadMs: nowMs - Date.now(), link: "live", blind: [], why: "" };
}
