import type { Member, WantedAddress } from "#src/election/member.ts";
import type { Cidr } from "#src/ip/cidr.ts";
import type { Ip } from "#src/ip/address.ts";
import type { ConflictPolicy } from "#src/model/conflict-policy.ts";
import type { Problem } from "#src/model/problem.ts";
import type { InterfaceState } from "./messages.ts";

/** What a speaker answers for. */
export interface AnnouncedAddress {
  readonly ip: Ip;
  /** Only on the interfaces that these selectors take; left out: on all that serve it. */
  readonly interfaces?: readonly string[];
  /** What to do where another machine has it; left out: `DEFAULT_CONFLICT_POLICY`. */
  readonly conflict?: ConflictPolicy;
  /** No member is known to have announced it before. */
  readonly isNew?: true;
}

/** What a speaker knows when an announcer compares it with what is on the wire. */
export interface AnnouncerView {
  readonly node: string;
  /** This speaker as the others hear of it, with its claims. */
  readonly self: Member;
  readonly wanted: ReadonlyMap<string, WantedAddress>;
  /** Networks of `networks()` that heartbeats have no room for. */
  readonly untold: readonly Cidr[];
  /** The pool that may assign the address; undefined: none. */
  poolOf(ip: Ip): string | undefined;
  /** The node with an interface of this Ethernet address, if it is a member's. */
  nodeOf(mac: string): string | undefined;
  /** The other live members, with their claims. */
  live(): readonly Member[];
  /** One of `live()`, by its node; undefined where it is not heard. */
  memberOf(node: string): Pick<Member, "claims" | "liveSinceMs"> | undefined;
}

/** What a speaker knows at each tick. */
export type TickView = Pick<AnnouncerView, "self" | "nodeOf" | "live">;

/**
 * One way to bring the traffic of addresses to this node: layer 2 is the first. The speaker says which addresses, by the
 * election; how, on which interfaces, and how often it is repeated is the announcer's own.
 */
export interface Announcer {
  /** Networks whose addresses it can announce now. */
  networks(): readonly Cidr[];
  /** Addresses that it is to announce and that it does not answer for, because another machine has them or may have them. */
  readonly silent: ReadonlySet<string>;
  /** The interfaces that it announces on. */
  interfaces(): readonly InterfaceState[];
  /**
   * Announces those of `keys` that are in `addresses`, from now on and as if they were new, and withdraws the others of
   * them. All other addresses stay as they are.
   */
  announce(addresses: ReadonlyMap<string, AnnouncedAddress>, keys: readonly string[], nowMs: number): void;
  /** Announces those of the keys again that it announces: another speaker began or ceased to claim them. */
  repeat(keys: readonly string[], nowMs: number): void;
  /** Its interfaces changed: announces everything again, where it is served now. */
  linksChanged(nowMs: number): void;
  /**
   * Sends what is due, as much of it as is done in a few milliseconds; to be called often. True where it answers for other addresses
   * than before.
   */
  tick(view: TickView, nowMs: number): boolean;
  /** More is due than the last `tick` sent: it is to be called again soon, after heartbeats that wait. */
  readonly hasMore: boolean;
  /** What its user can fix. */
  problems(view: AnnouncerView, nowMs: number): readonly Problem[];
}
