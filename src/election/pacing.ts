import type { MemberLink } from "./membership.ts";

/**
 * Heartbeats a tick, at most, that carry news to members that do not watch this speaker: so many bursts of 64, and a
 * takeover that a thousand nodes have to hear of is known to all in a third of a second.
 */
const NEWS_PER_TICK = 64;
/** Heartbeats a tick, at most, that only repeat what such a member knows. */
const REPEATS_PER_TICK = 2;
/** Members that do not watch this speaker hear of it so often, or, with many of them, one at each tick. */
const SLOW_MS = 1_000;
/** A member that was never heard gets heartbeats so often, and so many of them before it gets them slowly. */
const GREETING_MS = 100;
const GREETINGS = 50;
/**
 * One that was a watcher until now goes on getting each heartbeat for so many ticks, with the longer promise: if it heard
 * none of these, it would take this speaker for dead.
 */
const OVERLAP_TICKS = 10;
/** A member that is heard so long after it was sent the claims, and does not know them, has not got them. */
const REPLY_MS = 100;
/** A speaker that announces nothing leaves nothing to take over: its watchers hear of it at each second tick. */
export const IDLE_TICKS = 2;
/** A promise has 16 bits. */
const MOST_MS = 0xffff;

/** A member that heartbeats go to. */
export interface PacedMember<T> extends MemberLink {
  readonly to: T;
  /** It gets each heartbeat: it watches this speaker. */
  readonly isClose: boolean;
}

/** What this speaker has to say. */
export interface PacedState {
  readonly claimsVersion: number;
  /** Heartbeats that hold all claims, 1 or more. */
  readonly chunks: number;
  /** Changes with all else that members have to know at once. */
  readonly stateVersion: number;
  /** This speaker announces nothing, and has not just begun. */
  readonly isIdle: boolean;
}

/** One heartbeat to send now. */
export interface Turn<T> {
  readonly to: T;
  /** The next one follows within so many milliseconds. */
  readonly everyMs: number;
  /** The chunk of the claims that it carries; undefined: those whose turn it is for all watchers. */
  readonly chunk: number | undefined;
}

/** What one member has been sent. */
interface Box {
  session: bigint;
  isLive: boolean;
  claimsVersion: number;
  stateVersion: number;
  /** Chunks that it has still to be sent at once, and the next one of them; the newest claims are in the last chunk. */
  left: number;
  chunk: number;
  sentMs: number;
  greetings: number;
  overlap: number;
}

/**
 * Which members get a heartbeat at a tick: watchers each time; the others slowly, and at once if there is news, within a
 * budget. So what a speaker sends does not grow with the number of members. It reads no clock.
 */
export class Pacing<T extends { readonly node: string }> {
  readonly #tickMs: number;
  readonly #boxes = new Map<string, Box>();
  /** Members with chunks left; those that have waited longest come first. */
  #news: string[] = [];

  /** `tickMs`: between two ticks. */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The heartbeats to send now. To be called at each tick, with all members. */
  tick(members: readonly PacedMember<T>[], state: PacedState, nowMs: number): readonly Turn<T>[] {
    const byNode = new Map(members.map((member) => [member.to.node, member]));
    for (const node of this.#boxes.keys()) if (!byNode.has(node)) this.#boxes.delete(node);
    const slowMs = this.#slowMs(members);
    const turns: Turn<T>[] = [];
    const due: PacedMember<T>[] = [];
    for (const member of members) {
      const box = this.#boxOf(member.to.node);
      const isWatching = member.isClose || box.overlap > 0;
      if (!member.isLive) box.isLive = false;
      if (member.isClose) box.overlap = OVERLAP_TICKS;
      else if (box.overlap > 0) box.overlap -= 1;
      if (isWatching) {
        if (state.isIdle && !this.#hasNews(box, member, state) && this.#mayWait(box, nowMs)) continue;
        take(box, member, state);
        Object.assign(box, { left: 0, sentMs: nowMs });
        const closeMs = this.#tickMs * (state.isIdle ? IDLE_TICKS : 1);
        turns.push({ to: member.to, everyMs: member.isClose ? closeMs : slowMs, chunk: undefined });
      } else if (this.#hasNews(box, member, state) || hasMissed(box, member, { state, nowMs })) {
        if (box.left === 0) this.#news.push(member.to.node);
        box.left = chunksToSend(box, member, state);
        take(box, member, state);
      } else if (box.left === 0 && nowMs - box.sentMs >= waitMs(box, member, slowMs)) due.push(member);
    }
    turns.push(...this.#sendNews(byNode, state, { slowMs, nowMs }));
    turns.push(...this.#sendDue(due, state, { slowMs, nowMs }));
    return turns;
  }

  /** Whether the next tick is early enough for what was promised; ticks come a little early or late. */
  #mayWait({ sentMs }: Box, nowMs: number): boolean {
    return nowMs - sentMs < (IDLE_TICKS - 0.5) * this.#tickMs;
  }

  #slowMs(members: readonly PacedMember<T>[]): number {
    const slow = members.filter(({ isClose }) => !isClose).length;
    return Math.min(MOST_MS, Math.max(SLOW_MS, slow * this.#tickMs));
  }

  #boxOf(node: string): Box {
    const known = this.#boxes.get(node);
    if (known !== undefined) return known;
    const box: Box = {
      session: 0n,
      isLive: false,
      claimsVersion: 0,
      stateVersion: -1,
      left: 0,
      chunk: 0,
      sentMs: -Infinity,
      greetings: 0,
      overlap: 0,
    };
    this.#boxes.set(node, box);
    return box;
  }

  #hasNews(box: Box, { session, isLive }: PacedMember<T>, { claimsVersion, stateVersion }: PacedState): boolean {
    return (
      box.session !== session ||
      (isLive && !box.isLive) ||
      box.claimsVersion !== claimsVersion ||
      box.stateVersion !== stateVersion
    );
  }

  #sendNews(
    byNode: ReadonlyMap<string, PacedMember<T>>,
    state: PacedState,
    { slowMs, nowMs }: { readonly slowMs: number; readonly nowMs: number },
  ): readonly Turn<T>[] {
    const turns: Turn<T>[] = [];
    const waiting: string[] = [];
    const again: string[] = [];
    for (const node of this.#news) {
      const [member, box] = [byNode.get(node), this.#boxes.get(node)];
      // It is gone, or watches by now.
      if (member === undefined || box === undefined || box.left === 0) continue;
      if (turns.length >= NEWS_PER_TICK) {
        waiting.push(node);
        continue;
      }
      turns.push(nextChunk(box, member, { state, slowMs, nowMs }));
      box.left -= 1;
      if (box.left > 0) again.push(node);
    }
    this.#news = [...waiting, ...again];
    return turns;
  }

  #sendDue(
    due: readonly PacedMember<T>[],
    state: PacedState,
    { slowMs, nowMs }: { readonly slowMs: number; readonly nowMs: number },
  ): readonly Turn<T>[] {
    const byAge = due
      .map((member) => ({ member, box: this.#boxOf(member.to.node) }))
      .toSorted((left, right) => left.box.sentMs - right.box.sentMs);
    return byAge.slice(0, REPEATS_PER_TICK).map(({ member, box }) => {
      if (member.session === 0n) box.greetings += 1;
      // What it lacks of the claims got lost on the way.
      else if (member.isLive && member.knownVersion !== state.claimsVersion && state.chunks > 1) {
        box.left = state.chunks - 1;
        this.#news.push(member.to.node);
      }
      return nextChunk(box, member, { state, slowMs, nowMs });
    });
  }
}

/** Remembers that the member hears of the state as it is now. */
function take<T>(box: Box, { session, isLive }: PacedMember<T>, { claimsVersion, stateVersion }: PacedState): void {
  Object.assign(box, { session, isLive, claimsVersion, stateVersion });
}

/** One that was never heard gets a single heartbeat; one whose claims are new to it, or that may have lost some, gets all. */
function chunksToSend<T>(box: Box, { session, knownVersion }: PacedMember<T>, state: PacedState): number {
  const lacksClaims = box.session !== session || box.claimsVersion !== state.claimsVersion;
  if (session === 0n) return 1;
  if (lacksClaims || knownVersion !== state.claimsVersion) {
    box.chunk = state.chunks - 1;
    return state.chunks;
  }
  return Math.max(box.left, 1);
}

function nextChunk<T>(
  box: Box,
  { to }: PacedMember<T>,
  { state, slowMs, nowMs }: { readonly state: PacedState; readonly slowMs: number; readonly nowMs: number },
): Turn<T> {
  const chunk = box.chunk % state.chunks;
  box.chunk = (chunk + state.chunks - 1) % state.chunks;
  box.sentMs = nowMs;
  return { to, everyMs: slowMs, chunk };
}

/** Whether the member says, after it was sent all claims, that it does not know them. */
function hasMissed<T>(
  { left, sentMs }: Box,
  { isLive, knownVersion, silentMs }: PacedMember<T>,
  { state, nowMs }: { readonly state: PacedState; readonly nowMs: number },
): boolean {
  return isLive && left === 0 && knownVersion !== state.claimsVersion && nowMs - silentMs - sentMs >= REPLY_MS;
}

function waitMs<T>({ greetings }: Box, { session }: PacedMember<T>, slowMs: number): number {
  return session === 0n && greetings < GREETINGS ? GREETING_MS : slowMs;
}
