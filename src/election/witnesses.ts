import { hash } from "node:crypto";
import { ASKED_PER_HEARTBEAT, readsVersion3 } from "#src/wire/heartbeat.ts";
import type { HeardMember } from "./heard-member.ts";
import { suspectAfterMs } from "./signs-of-death.ts";

/**
 * A member is heard through another one only if that one heard it so many promised intervals later than we did: at a death all hear
 * the same last heartbeat, or lose it, and then the shorter time for those that hear it themselves has to hold.
 */
const LATER_INTERVALS = 2;

/** What a member is asked for by: of so many bits two of a cluster have no id in common. */
export function memberId(node: string): bigint {
  return hash("sha256", node, "buffer").readBigUInt64BE();
}

/** A member that this speaker does not hear itself, and the one that passes its heartbeats on; any is asked where there is none. */
interface Asked {
  readonly id: bigint;
  readonly isLive: boolean;
  readonly witness: string | undefined;
}

/**
 * Which members are asked to pass on heartbeats of which others (ADR 44). It grows with the members, and a heartbeat asks for a few
 * of them, in turn where there are more.
 */
export class Witnesses {
  readonly #ids = new Map<string, bigint>();
  readonly #nodes = new Map<bigint, string>();
  #asked: readonly Asked[] = [];
  #turn = 0;

  /** Whether one of those that are asked for counts as live. */
  get isAskingForLive(): boolean {
    return this.#asked.some(({ isLive }) => isLive);
  }

  /** Names the members. */
  setMembers(nodes: Iterable<string>): void {
    this.#ids.clear();
    this.#nodes.clear();
    for (const node of nodes) {
      const id = memberId(node);
      this.#ids.set(node, id);
      this.#nodes.set(id, node);
    }
  }

  /** The member with an id; undefined if there is none. */
  nodeOf(id: bigint): string | undefined {
    return this.#nodes.get(id);
  }

  /** Looks at whom this speaker does not hear itself, once a tick. */
  update(members: Iterable<readonly [node: string, member: HeardMember]>): void {
    const asked: Asked[] = [];
    for (const [node, member] of members) {
      if (!isMissed(member)) continue;
      const id = this.#ids.get(node);
      if (id !== undefined) asked.push({ id, isLive: member.liveSinceMs !== undefined, witness: witnessOf(member) });
    }
    this.#asked = asked;
    this.#turn += ASKED_PER_HEARTBEAT;
  }

  /** The ids of those that a member is asked for, which is itself heard. */
  askedOf(node: string, { session, liveSinceMs, relayedBy }: HeardMember): readonly bigint[] {
    if (this.#asked.length === 0 || !readsVersion3(session)) return [];
    if (liveSinceMs === undefined || relayedBy !== undefined) return [];
    const own = this.#ids.get(node);
    const ids = this.#asked
      .filter(({ id, witness }) => id !== own && (witness === undefined || witness === node))
      .map(({ id }) => id);
    const first = ids.length <= ASKED_PER_HEARTBEAT ? 0 : this.#turn % ids.length;
    return [...ids.slice(first), ...ids.slice(0, first)].slice(0, ASKED_PER_HEARTBEAT);
  }
}

/** Whether its own heartbeats do not come: it is suspect, dead, or heard through another one. */
function isMissed(member: HeardMember): boolean {
  if (member.liveSinceMs === undefined || member.relayedBy !== undefined) return true;
  return member.everyMs > 0 && member.silentMs >= suspectAfterMs(member);
}

/** The one that passes its heartbeats on, as long as it does. */
function witnessOf(member: HeardMember): string | undefined {
  return member.liveSinceMs !== undefined && member.silentMs < suspectAfterMs(member) ? member.relayedBy : undefined;
}

/** Whether a heartbeat of that age, which another member passed on, says that the member lives although we do not hear it. */
export function isLater({ relayedBy, everyMs, silentMs }: HeardMember, ageMs: number): boolean {
  if (relayedBy !== undefined) return true;
  return ageMs + LATER_INTERVALS * everyMs <= silentMs;
}

/** For how long this speaker has had the last heartbeat of a member that it hears itself, and may pass on; undefined if it may not. */
export function ageToRelay(member: HeardMember, nowMs: number): number | undefined {
  const { liveSinceMs, relayedBy, heardMs, lateMs, body } = member;
  if (liveSinceMs === undefined || relayedBy !== undefined || heardMs === undefined || body === undefined)
    return undefined;
  const ageMs = nowMs - heardMs + lateMs;
  return ageMs < suspectAfterMs(member) ? ageMs : undefined;
}
