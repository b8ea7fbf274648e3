import type { Member } from "#src/election/member.ts";
import type { HeartbeatEffect, Membership } from "#src/election/membership.ts";
import { type Ip, parseIp } from "#src/ip/address.ts";
import type { ReceivedHeartbeat } from "#src/wire/heartbeat.ts";
import { Guests } from "./guests.ts";
import type { MemberMessage } from "./messages.ts";

export interface MembersOptions {
  readonly self: string;
  readonly membership: Membership;
}

/** What a heartbeat did. */
export interface TakenHeartbeat {
  /** It came from a guest that was not known before. */
  readonly hasNewGuest: boolean;
  readonly effect: HeartbeatEffect;
}

/** The other speakers: those that the cluster names, guests that are heard all the same, and what each of them says. */
export class Members {
  readonly #self: string;
  readonly #membership: Membership;
  readonly #guests = new Guests();
  #named: readonly MemberMessage[] = [];
  #names: ReadonlySet<string> = new Set();
  /** By Ethernet address, which each question of a neighbour may be looked up by. */
  #nodeOf: ReadonlyMap<string, string> = new Map();
  #recipients: readonly MemberMessage[] = [];

  constructor({ self, membership }: MembersOptions) {
    this.#self = self;
    this.#membership = membership;
  }

  /** Those that the cluster names, live or not. */
  get named(): readonly MemberMessage[] {
    return this.#named;
  }

  /** The nodes of those that the cluster names. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** All that heartbeats go to: guests get them and count, too. */
  get recipients(): readonly MemberMessage[] {
    return this.#recipients;
  }

  /** The live ones, with their claims. */
  live(): readonly Member[] {
    return this.#membership.members();
  }

  /** Takes in whom the cluster names; true if that changed the view. */
  setNamed(members: readonly MemberMessage[]): boolean {
    this.#named = members;
    this.#names = new Set(members.map(({ node }) => node));
    // Of two that say they have it the first one counts.
    const nodes = members.flatMap(({ node, macs }) => macs.map((mac): [string, string] => [mac, node]));
    this.#nodeOf = new Map(nodes.toReversed());
    return this.#update();
  }

  /**
   * Takes in an authentic heartbeat, and where it came from: its sender may be a guest, unless another member passed the heartbeat
   * on.
   */
  receive(received: ReceivedHeartbeat, from: MemberMessage, nowMs: number): TakenHeartbeat {
    const { heartbeat, body, relay } = received;
    if (relay !== undefined)
      return { hasNewGuest: false, effect: this.#membership.receiveRelayed(received, relay, nowMs) };
    const { node } = heartbeat;
    const isGuest = !this.#names.has(node) && node !== this.#self;
    const hasNewGuest = isGuest && this.#guests.hear(from, nowMs) && this.#update();
    return { hasNewGuest, effect: this.#membership.receive(heartbeat, nowMs, body) };
  }

  /** Forgets guests that are silent; true if there were any. */
  expireGuests(nowMs: number): boolean {
    return this.#guests.expire(nowMs) && this.#update();
  }

  /**
   * How many speakers there are, live or not: itself, all that are named, and guests while they live, because a replay
   * of one that is gone must not weaken claims.
   */
  countKnown(live: readonly Member[]): number {
    const known = new Set([this.#self, ...this.#names]);
    return known.size + live.filter(({ node }) => !known.has(node)).length;
  }

  /** The addresses of a named one on the interfaces that it announces on. */
  hopsOf(node: string): readonly Ip[] {
    const hops = this.#named.find((member) => member.node === node)?.hops ?? [];
    return hops.flatMap((text) => parseIp(text) ?? []);
  }

  /** The named one with an interface of that Ethernet address. */
  nodeOf(mac: string): string | undefined {
    return this.#nodeOf.get(mac);
  }

  #update(): boolean {
    this.#recipients = [...this.#named, ...this.#guests.besides(this.#named)];
    return this.#membership.setMembers(new Set(this.#recipients.map(({ node }) => node)));
  }
}
