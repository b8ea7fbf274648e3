import type { ServerResponse } from "node:http";
import type { PrintedProblem } from "#src/model/problem.ts";
import { changesBetween, type PageChanges } from "#src/view/page/page-changes.ts";
import type { PageView } from "#src/view/page/page-view.ts";

/** Why nothing can be seen, as a Problem says it; `code` is empty for a bug. */
export interface BlindReason extends Pick<PrintedProblem, "where" | "what" | "why" | "fix"> {
  readonly code: PrintedProblem["code"] | "";
}

/** What a look found: a page; or why nothing can be seen. */
export type LookedPage =
  | { readonly ok: true; readonly view: PageView }
  | { readonly ok: false; readonly problems: readonly BlindReason[] };

/** The messages of the stream of events (text/event-stream), by name. */
export interface StreamMessages {
  /** The whole page: the first message, and one after which nothing before it counts. */
  readonly page: { readonly view: PageView; readonly nowMs: number };
  readonly changes: PageChanges & { readonly nowMs: number };
  /** Nothing changed since. */
  readonly seen: { readonly seenAt: string; readonly nowMs: number };
  /** Nothing can be seen now; the page stays as it was. */
  readonly blind: { readonly problems: readonly BlindReason[]; readonly nowMs: number };
}

/** Pages that follow at once. Each may have one message in the memory of this process that its browser has not taken yet. */
const MAX_FOLLOWERS = 16;

/** A browser that takes nothing for so long is gone, or means ill: its place is for another one. */
const MAX_BEHIND_MS = 60_000;

export interface PageStreamOptions {
  look(): Promise<LookedPage>;
  /** At least so long is between two looks. */
  readonly everyMs: number;
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after so many milliseconds; rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

interface Follower {
  readonly response: ServerResponse;
  /** It has not got the last changes, and needs the whole page. */
  isBehind: boolean;
  /** Since when it takes nothing, in milliseconds since 1970; undefined: it takes what it is sent. */
  fullSinceMs: number | undefined;
}

/** Looks again and again while pages follow, and sends each what changed. While none follows nothing is looked at. */
export class PageStream {
  readonly #options: PageStreamOptions;
  readonly #followers = new Set<Follower>();
  #last: PageView | undefined;
  #ending: AbortController | undefined;

  constructor(options: PageStreamOptions) {
    this.#options = options;
  }

  /** How many pages follow. */
  get size(): number {
    return this.#followers.size;
  }

  /** Answers with the stream, until the browser or the server ends it; false where too many follow already. */
  follow(response: ServerResponse): boolean {
    if (this.#followers.size >= MAX_FOLLOWERS) return false;
    const follower = { response, isBehind: true, fullSinceMs: undefined };
    this.#followers.add(follower);
    response.once("close", () => this.#forget(follower));
    response.writeHead(200, { "content-type": "text/event-stream", "x-accel-buffering": "no" });
    response.flushHeaders();
    if (this.#ending === undefined) void this.#run();
    else if (this.#last !== undefined) this.#sendPage(follower, this.#last);
    return true;
  }

  close(): void {
    this.#ending?.abort();
    for (const { response } of this.#followers) response.end();
  }

  #forget(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    this.#ending?.abort();
    this.#ending = undefined;
    // What is shown first is not what was seen long ago.
    this.#last = undefined;
  }

  async #run(): Promise<void> {
    const ending = new AbortController();
    this.#ending = ending;
    const { nowMs, everyMs, wait } = this.#options;
    while (!ending.signal.aborted) {
      const startedMs = nowMs();
      const looked = await this.#look();
      if (ending.signal.aborted) return;
      this.#tell(looked);
      // Of a large cluster a look takes long: it gets a fifth of the time at most.
      await wait(Math.max(everyMs, 4 * (nowMs() - startedMs)), ending.signal).catch(() => undefined);
    }
  }

  async #look(): Promise<LookedPage> {
    try {
      return await this.#options.look();
    } catch (error) {
      return { ok: false, problems: [bugOf(error)] };
    }
  }

  #tell(looked: LookedPage): void {
    const nowMs = this.#options.nowMs();
    for (const follower of this.#followers) endIfStuck(follower, nowMs);
    if (!looked.ok) {
      for (const follower of this.#followers) send(follower, "blind", { problems: looked.problems, nowMs });
      return;
    }
    const { view } = looked;
    const changes = this.#last && changesBetween(this.#last, view);
    this.#last = view;
    for (const follower of this.#followers) {
      if (follower.isBehind) this.#sendPage(follower, view);
      else if (changes !== undefined) send(follower, "changes", { ...changes, nowMs });
      else send(follower, "seen", { seenAt: view.seenAt, nowMs });
    }
  }

  #sendPage(follower: Follower, view: PageView): void {
    if (follower.response.writableNeedDrain) return;
    follower.isBehind = false;
    send(follower, "page", { view, nowMs: this.#options.nowMs() });
  }
}

function send<Name extends keyof StreamMessages>(follower: Follower, name: Name, message: StreamMessages[Name]): void {
  // A browser that does not keep up misses changes, and gets the whole page when it has taken what there is.
  if (follower.response.writableNeedDrain) follower.isBehind = true;
  else follower.response.write(`event: ${name}\ndata: ${JSON.stringify(message)}\n\n`);
}

function endIfStuck(follower: Follower, nowMs: number): void {
  const { response, fullSinceMs = nowMs } = follower;
  follower.fullSinceMs = response.writableNeedDrain ? fullSinceMs : undefined;
  if (nowMs - fullSinceMs > MAX_BEHIND_MS) response.destroy();
}

function bugOf(error: unknown): BlindReason {
  const why = error instanceof Error ? error.message : String(error);
  const fix = "Report it, with what hawser collect writes";
  return { code: "", where: "this program", what: "Cannot look", why, fix };
}
