import type { MemberMessage } from "./messages.ts";

/** A guest that was not heard for so long is forgotten. */
const GUEST_MS = 10_000;
/** More are not let in. */
const MAX_GUESTS = 64;

/**
 * Speakers that send authentic heartbeats and are not members as far as this speaker knows: its source is late, or cannot
 * be reached. They are answered all the same: two speakers that ignored each other would announce the same addresses.
 */
export class Guests {
  readonly #heard = new Map<string, { guest: MemberMessage; heardMs: number }>();

  /** Lets in a speaker that sent an authentic heartbeat; true if it is new. */
  hear(guest: MemberMessage, nowMs: number): boolean {
    const known = this.#heard.get(guest.node);
    if (known === undefined && this.#heard.size >= MAX_GUESTS) return false;
    this.#heard.set(guest.node, { guest: known?.guest ?? guest, heardMs: nowMs });
    return known === undefined;
  }

  /** Forgets those that are silent; true if there were any. */
  expire(nowMs: number): boolean {
    const silent = [...this.#heard].filter(([, { heardMs }]) => nowMs - heardMs >= GUEST_MS);
    for (const [node] of silent) this.#heard.delete(node);
    return silent.length > 0;
  }

  /** All but those that are members by now. */
  besides(members: readonly MemberMessage[]): readonly MemberMessage[] {
    for (const { node } of members) this.#heard.delete(node);
    return [...this.#heard.values()].map(({ guest }) => guest);
  }
}
