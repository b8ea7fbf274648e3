import type { AnnouncementPlan } from "#src/election/plan.ts";
import { RecentOwners } from "#src/election/recent-owners.ts";
import { type Ip, parseIp } from "#src/ip/address.ts";
import type { ConnectionKeeper } from "./connection-keeper.ts";

export interface KeptConnectionsOptions {
  /** The node of this speaker. */
  readonly self: string;
  /** A former owner counts for so long. */
  readonly keptMs: number;
  readonly keeper: Pick<ConnectionKeeper, "follow" | "forget" | "end">;
  /** Where a member takes packets for an address, in one of this machine's networks; undefined where that is not known. */
  hopTo(node: string, ip: Ip): Ip | undefined;
}

/** What was decided on addresses. */
interface Decided {
  readonly plan: AnnouncementPlan;
  /** What this speaker announces. */
  readonly claims: ReadonlyMap<string, unknown>;
  isLive(node: string): boolean;
}

/**
 * Follows which nodes announce each address, and says where packets of connections go that this machine does not know: from node to node, to all
 * that announced the address lately and live.
 */
export class KeptConnections {
  readonly #options: KeptConnectionsOptions;
  readonly #owners: RecentOwners;

  constructor(options: KeptConnectionsOptions) {
    this.#options = options;
    this.#owners = new RecentOwners(options.keptMs);
  }

  /** Addresses were decided on. To be called before what this speaker won is announced. */
  decided(keys: Iterable<string>, { plan, claims, isLive }: Decided, nowMs: number): void {
    const { self } = this.#options;
    for (const key of keys) {
      const announcement = plan.get(key);
      if (announcement === undefined) {
        this.#owners.forget(key);
        continue;
      }
      const { heldBy } = announcement;
      const hasHolder = heldBy !== undefined && (heldBy === self || isLive(heldBy));
      const isOther = hasHolder && this.#owners.note(key, heldBy, nowMs);
      // It wins an address that the owner before it still claims.
      const isOurs = claims.has(key) && heldBy !== self && this.#owners.note(key, self, nowMs);
      if (isOther || isOurs) this.#route(key, nowMs);
    }
  }

  /** A node knows no connection any longer: it died. */
  died(node: string, nowMs: number): void {
    for (const key of this.#owners.drop(node)) if (!this.#route(key, nowMs)) this.#forget(key);
  }

  /** The speaker ends; its machine goes on. */
  end(nowMs: number): void {
    this.#options.keeper.end(nowMs);
  }

  /** False where no other node is to be asked. */
  #route(key: string, nowMs: number): boolean {
    const { self, keeper, hopTo } = this.#options;
    const next = this.#owners.nextAfter(self, key);
    const ip = parseIp(key);
    const hop = next === undefined || ip === undefined ? undefined : hopTo(next, ip);
    if (ip === undefined || hop === undefined) return false;
    keeper.follow(ip, hop, nowMs);
    return true;
  }

  #forget(key: string): void {
    const ip = parseIp(key);
    if (ip !== undefined) this.#options.keeper.forget(ip);
  }
}
