import { FairShare } from "#src/collections/fair-share.ts";

/** What is asked for again and again. */
export interface Asked {
  /** The namespace that it counts for. */
  readonly owner: string;
  /** When it is asked for next, in monotonic milliseconds. */
  readonly dueMs: number;
  /** The question that is under way; undefined: none is. */
  asking: Promise<void> | undefined;
}

interface DueQuestionsOptions<T extends Asked> {
  /** All that is asked for, as it is now. */
  readonly known: ReadonlyMap<string, T>;
  /** Asks for one, and sets when it is due again. Never rejects. */
  readonly ask: (one: T) => Promise<void>;
  /** Questions under way at once, of one namespace half of them at most. */
  readonly maxAsked: number;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
}

/** Asks for each of many when it is due. No namespace keeps the questions of others waiting. */
export class DueQuestions<T extends Asked> {
  readonly #options: DueQuestionsOptions<T>;
  readonly #places: FairShare;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: DueQuestionsOptions<T>) {
    this.#options = options;
    this.#places = new FairShare(options.maxAsked);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the questions that are under way now have ended. */
  get settled(): Promise<unknown> {
    return Promise.all([...this.#options.known.values()].flatMap(({ asking }) => asking ?? []));
  }

  /** Asks for what is due, and for the others when they are. To be called when there are others, or other times. */
  askDue(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    const { known, clockMs } = this.#options;
    const nowMs = clockMs();
    const idle = [...known.values()].filter(({ asking }) => asking === undefined);
    const due = idle.filter(({ dueMs }) => dueMs <= nowMs).sort((left, right) => left.dueMs - right.dueMs);
    // For one that has no place, a question is under way, which begins it at its end.
    for (const one of due) void this.askNow(one);
    const nextMs = Math.min(...idle.map(({ dueMs }) => dueMs).filter((dueMs) => dueMs > nowMs));
    if (nextMs === Infinity) return;
    this.#timer = setTimeout(() => this.askDue(), Math.max(1, nextMs - nowMs));
    this.#timer.unref();
  }

  /** Asks for one that is not asked for now, due or not; undefined: there is no place for it. */
  askNow(one: T): Promise<void> | undefined {
    if (this.#isClosed || !this.#places.hasPlaceFor(one.owner)) return undefined;
    one.asking = this.#ask(one);
    return one.asking;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(one: T): Promise<void> {
    const { owner } = one;
    this.#places.enter(owner);
    await this.#options.ask(one);
    this.#places.leave(owner);
    one.asking = undefined;
    this.askDue();
  }
}
