import type { Member } from "#src/election/member.ts";
import type { Membership } from "#src/election/membership.ts";
import { IDLE_TICKS, Pacing, type Turn } from "#src/election/pacing.ts";
import { isWatchedClosely } from "#src/election/watched-closely.ts";
import { lastingWatchersOf, WATCHERS, watchersOf } from "#src/election/watchers.ts";
import { readsVersion2 } from "#src/wire/heartbeat.ts";
import { claimChunks, type OwnState } from "./heartbeat-sender.ts";
import type { Members } from "./members.ts";
import type { MemberMessage } from "./messages.ts";

/** When members are heard again that were live before, all others hear of this speaker at once, but not more often than this. */
const HEALED_MS = 10_000;

/** How many members had come back when all members heard of this speaker for that reason, how often they did, and when last. */
interface Healing {
  readonly revivals: number;
  readonly version: number;
  readonly atMs: number;
}

export interface WatchingOptions {
  readonly membership: Membership;
  readonly members: Members;
  /** This speaker's own session. */
  readonly session: bigint;
  readonly heartbeatEveryMs: number;
  readonly deadAfterMs: number;
}

/**
 * Who watches whom: which members this speaker sends each heartbeat to, which ones hear of it slowly, and who inherits the
 * addresses of a member. While a member of version 1 is heard, which knows nothing of that, all watch all.
 */
export class Watching {
  readonly #options: WatchingOptions;
  readonly #pacing: Pacing<MemberMessage>;
  #close: { readonly madeFrom: readonly unknown[]; readonly nodes: ReadonlySet<string> } | undefined;
  #said: readonly unknown[] = [];
  #stateVersion = 0;
  #healed: Healing = { revivals: 0, version: 0, atMs: -Infinity };

  constructor(options: WatchingOptions) {
    this.#options = options;
    this.#pacing = new Pacing(options.heartbeatEveryMs);
  }

  /** The heartbeats to send at this tick. */
  turns(self: Member, own: OwnState, nowMs: number): readonly Turn<MemberMessage>[] {
    const { members, membership } = this.#options;
    const close = this.#isMixed ? undefined : this.#closeTo(self);
    const paced = members.recipients.map((to) => ({
      to,
      isClose: close?.has(to.node) ?? true,
      ...membership.linkTo(to.node),
    }));
    const { claimsVersion } = own;
    this.#healed = this.#heal(nowMs);
    const stateVersion = this.#versionOf([
      own.ready,
      own.leaving,
      own.subnets,
      membership.silent,
      this.#healed.version,
    ]);
    const chunks = claimChunks(own.claims.size);
    // Before it stands it introduces itself.
    const isIdle = own.claims.size === 0 && self.ready && !this.#isMixed && this.#mayRest && !membership.isAsking;
    return this.#pacing.tick(paced, { claimsVersion, chunks, stateVersion, isIdle }, nowMs);
  }

  /** The members that inherit the addresses of a node, as all of them see it; undefined where rank alone decides. */
  heirsOf(self: Member, live: readonly Member[]): ((node: string) => ReadonlySet<string>) | undefined {
    const { members, membership } = this.#options;
    if (this.#isMixed || members.recipients.length <= WATCHERS) return undefined;
    const known = new Map<string, ReadonlySet<string>>();
    return (node) => {
      const subnets = node === self.node ? self.subnets : membership.subnetsOf(node);
      const heirs = known.get(node) ?? new Set(watchersOf({ node, subnets }, [self, ...live]));
      known.set(node, heirs);
      return heirs;
    };
  }

  /** Its watchers still watch it closely when it sends them less. */
  get #mayRest(): boolean {
    const { heartbeatEveryMs, deadAfterMs } = this.#options;
    return isWatchedClosely(heartbeatEveryMs * IDLE_TICKS, deadAfterMs);
  }

  /** This speaker or another one is of version 1. */
  get #isMixed(): boolean {
    const { session, membership } = this.#options;
    return !readsVersion2(session) || membership.hearsVersion1();
  }

  /**
   * Its watchers among the live members; and those that would be if all lived, so that they hear at once when a partition
   * has healed.
   */
  #closeTo(self: Member): ReadonlySet<string> {
    const { members, membership } = this.#options;
    const madeFrom = [membership.viewVersion, members.recipients, self.subnets];
    if (this.#close?.madeFrom.every((one, index) => one === madeFrom[index]) === true) return this.#close.nodes;
    const names = members.recipients.map(({ node }) => node);
    const nodes = new Set([...watchersOf(self, members.live()), ...lastingWatchersOf(self.node, names)]);
    this.#close = { madeFrom, nodes };
    return nodes;
  }

  #heal(nowMs: number): Healing {
    const { revivals } = this.#options.membership;
    const { version, atMs, revivals: before } = this.#healed;
    // Those of the meantime count when it is over: with many members they come back over more than that.
    if (revivals === before || nowMs - atMs < HEALED_MS) return this.#healed;
    return { version: version + 1, atMs: nowMs, revivals };
  }

  #versionOf(said: readonly unknown[]): number {
    if (said.some((one, index) => one !== this.#said[index])) this.#stateVersion += 1;
    this.#said = said;
    return this.#stateVersion;
  }
}
