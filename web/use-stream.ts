import type { BlindReason, StreamMessages } from "#src/page/page-stream.ts";
import { applyChanges } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { useEffect, useState } from "./preact.js";

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

/** Follows the server for as long as the page is open. The browser connects again on its own; then the whole page comes again. */
export function useStream(): Streamed {
  const [streamed, setStreamed] = useState(START);
  useEffect(() => {
    const source = new EventSource("stream");
    listen(source, "page", ({ view, nowMs }) => setStreamed((before) => live(view, nowMs, before.version + 1)));
    listen(source, "changes", ({ nowMs, ...changes }) =>
      setStreamed((before) =>
        before.view === undefined ? before : live(applyChanges(before.view, changes), nowMs, before.version + 1),
      ),
    );
    listen(source, "seen", ({ seenAt, nowMs }) =>
      setStreamed((before) =>
        before.view === undefined ? before : live({ ...before.view, seenAt }, nowMs, before.version),
      ),
    );
    listen(source, "blind", ({ problems, nowMs }) =>
      setStreamed((before) => ({ ...before, link: "blind", blind: problems, aheadMs: nowMs - Date.now() })),
    );
    source.addEventListener("error", () => setStreamed((before) => ({ ...before, link: "lost" })));
    return () => source.close();
  }, []);
  return streamed;
}

function live(view: PageView, nowMs: number, version: number): Streamed {
  return { view, version, aheadMs: nowMs - Date.now(), link: "live", blind: [] };
}

function listen<Name extends keyof StreamMessages>(
  source: EventSource,
  name: Name,
  take: (message: StreamMessages[Name]) => void,
): void {
  source.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as StreamMessages[Name]));
}
