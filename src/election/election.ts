import type { Member } from "./member.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import { type Handover, handoversOf } from "./handovers.ts";
import { type ClaimsChange, OwnClaims } from "./own-claims.ts";
import { type Announcement, type AnnouncementPlan, type ElectionSnapshot, planAnnouncements } from "./plan.ts";

/** What is known when addresses are decided on, but for what the election remembers itself. */
export interface ElectionView extends Omit<ElectionSnapshot, "terms" | "before"> {
  /** The node of the speaker that decides. */
  readonly self: string;
  /** Nodes that the cluster names as members, live or not. */
  readonly named: ReadonlySet<string>;
}

/** What a decision changed for this speaker, by address text. */
export interface ElectionChange extends ClaimsChange {
  /** Why each of the gained and lost ones came or went. */
  readonly handovers: readonly Handover[];
  /** Those that another member has begun to claim as well, or no longer does. */
  readonly contested: readonly string[];
}

/**
 * Which addresses this speaker claims, decided by `planAnnouncements` whenever something changed that concerns them. It
 * remembers what the plans before came to, and the highest terms; it reads no clock.
 */
export class Election {
  readonly #claims = new OwnClaims();
  readonly #plan = new Map<string, Announcement>();
  /** The highest term heard of each wanted address. */
  readonly #terms = new Map<string, number>();
  /** Addresses of the plan that no member claims. */
  readonly #vacant = new Set<string>();
  /** Addresses of ours that another member claims as well. */
  readonly #contested = new Set<string>();

  /** By address text, the newest claims last; always the same map, as it is now. */
  get claims(): ReadonlyMap<string, Claim> {
    return this.#claims.byAddress;
  }

  /** Changes whenever the claims do; 32 bits. */
  get claimsVersion(): number {
    return this.#claims.version;
  }

  /** What became of each address when it was decided on last. */
  get plan(): AnnouncementPlan {
    return this.#plan;
  }

  /** Addresses that no member claims that can serve them: their time may come without any other change. */
  get vacant(): Iterable<string> {
    return this.#vacant;
  }

  /** No address that could be served is without an owner, and no other member claims one of this speaker's. */
  get isSettled(): boolean {
    return this.#vacant.size === 0 && this.#contested.size === 0;
  }

  /** How many addresses are claimed by this speaker or have no owner. */
  get size(): number {
    return this.claims.size + [...this.#plan.values()].filter(({ owner }) => owner === undefined).length;
  }

  /** Decides on these addresses, of which some may no longer be wanted. */
  decide(keys: ReadonlySet<string>, view: ElectionView, nowMs: number): ElectionChange {
    this.#rememberTerms(keys, view);
    const plan = planAnnouncements(this.#snapshot(view), { self: view.self, nowMs, keys });
    const ownersBefore = new Map<string, string | undefined>();
    const claimsBefore = new Map<string, Claim | undefined>();
    for (const key of keys) {
      const announcement = plan.get(key);
      if (announcement?.claim !== this.claims.get(key)) {
        ownersBefore.set(key, this.#plan.get(key)?.owner);
        claimsBefore.set(key, this.claims.get(key));
      }
      this.#take(key, announcement);
    }
    const change = this.#claims.update(keys, plan);
    const handovers = handoversOf(change, {
      ...view,
      nowMs,
      ownersBefore,
      plan: this.#plan,
      claimOf: (key) => claimsBefore.get(key) ?? this.claims.get(key),
    });
    return { ...change, handovers, contested: this.#updateContested(keys, view.members, view.self) };
  }

  /** Addresses that a node which does not live was to answer for, or claimed last, and those that another member claims as well. */
  bereft(live: ReadonlySet<string>): readonly string[] {
    const isDead = (node: string | undefined): boolean => node !== undefined && !live.has(node);
    const left = [...this.#plan].filter(([, { owner, heldBy }]) => isDead(owner) || isDead(heldBy));
    return [...left.map(([key]) => key), ...this.#contested];
  }

  /** Each address that this speaker still claims has no other one to go to. */
  hasNoSuccessorToAwait(self: string): boolean {
    return [...this.claims.keys()].every((key) => {
      const owner = this.#plan.get(key)?.owner;
      return owner === undefined || owner === self;
    });
  }

  #snapshot(view: ElectionView): ElectionSnapshot {
    return { ...view, terms: this.#terms, before: this.#plan };
  }

  #take(key: string, announcement: Announcement | undefined): void {
    if (announcement === undefined) this.#plan.delete(key);
    else this.#plan.set(key, announcement);
    if (announcement?.vacantSinceMs === undefined) this.#vacant.delete(key);
    else this.#vacant.add(key);
  }

  #updateContested(keys: ReadonlySet<string>, members: readonly Member[], self: string): readonly string[] {
    return [...keys].filter((key) => {
      const isClaimed = members.some(({ node, claims }) => node !== self && claims.has(key));
      const isContested = isClaimed && this.claims.has(key);
      if (isContested === this.#contested.has(key)) return false;
      if (isContested) this.#contested.add(key);
      else this.#contested.delete(key);
      return true;
    });
  }

  #rememberTerms(keys: ReadonlySet<string>, { wanted, members }: ElectionView): void {
    for (const key of keys) {
      if (!wanted.has(key)) this.#terms.delete(key);
      else for (const { claims } of members) this.#rememberTerm(key, claims.get(key)?.term ?? 0);
    }
  }

  #rememberTerm(key: string, term: number): void {
    if (term > (this.#terms.get(key) ?? 0)) this.#terms.set(key, term);
  }
}
