import type { PoolUsage } from "#src/assignment/snapshot.ts";
import type { Family } from "#src/ip/address.ts";
import { safeCount } from "#src/ip/safe-count.ts";
import { keyOf, type KubeObject, type ObjectRef } from "#src/model/object.ts";
import type { Pool } from "#src/model/pool.ts";
import { recordOf } from "#src/model/record.ts";
import type { Logger } from "#src/process/log.ts";
import type { Source } from "#src/source/source.ts";
import { writeAll } from "#src/status/write-all.ts";

/** The counters are for people, and each write makes every program read the object again: no more than one in 5 s. */
const WRITE_EVERY_MS = 5_000;
const WRITES_AT_ONCE = 4;

/**
 * `status` of an IPAddressPool, in the fields of MetalLB. As there, assigned is what Services have, each address once, however many share
 * it. Available is what Services can still get, so both together may be less than the pool has.
 */
interface PoolCounts {
  readonly assignedIPv4: number;
  readonly availableIPv4: number;
  readonly assignedIPv6: number;
  readonly availableIPv6: number;
}

interface PoolStatusesOptions {
  readonly source: Pick<Source, "get" | "patch">;
  readonly log: Logger;
  /** Asked before each write. */
  readonly mayWrite: () => boolean;
}

/** Writes into each IPAddressPool in use how many of its addresses are assigned and available, where that differs. */
export class PoolStatuses {
  readonly #options: PoolStatusesOptions;
  /** Keys of the pools whose last write failed: that is said once. */
  readonly #failed = new Set<string>();
  #isDue = false;
  #notBeforeMs = -Infinity;

  constructor(options: PoolStatusesOptions) {
    this.#options = options;
  }

  /** Says that the counts may differ from those written last. */
  mark(): void {
    this.#isDue = true;
  }

  /** Milliseconds until counts may be written, at least 0; undefined if there is nothing to write. */
  nextInMs(nowMs: number): number | undefined {
    return this.#isDue ? Math.max(0, this.#notBeforeMs - nowMs) : undefined;
  }

  /** Writes what differs, if it is time for it. Never rejects: what cannot be written is tried again at the next time. */
  async write(pools: readonly Pool[], usage: () => readonly PoolUsage[], nowMs: number): Promise<void> {
    if (this.nextInMs(nowMs) !== 0) return;
    this.#isDue = false;
    const inUse = new Set(pools.flatMap(({ resource }) => (resource === undefined ? [] : resource)));
    for (const key of this.#failed) if (!inUse.has(key)) this.#failed.delete(key);
    if (inUse.size === 0) return;
    this.#notBeforeMs = nowMs + WRITE_EVERY_MS;
    const byPool = Map.groupBy(usage(), ({ pool }) => pool);
    const { source, mayWrite } = this.#options;
    const writes = pools.flatMap(({ name, resource }) => {
      const object = resource === undefined ? undefined : source.get("IPAddressPool", resource);
      const counts = countsOf(byPool.get(name) ?? []);
      return object === undefined || isWritten(object, counts) ? [] : [{ object, counts }];
    });
    const isDone = await writeAll(writes, {
      atOnce: WRITES_AT_ONCE,
      goOn: mayWrite,
      write: async ({ object, counts }) => this.#patch(object, counts),
    });
    if (!isDone) this.#isDue = true;
  }

  async #patch({ metadata: { namespace, name } }: KubeObject, counts: PoolCounts): Promise<void> {
    const ref: ObjectRef = { kind: "IPAddressPool", namespace, name };
    const key = keyOf(ref);
    try {
      const result = await this.#options.source.patch(ref, { status: { ...counts } });
      this.#failed.delete(key);
      if (result === "conflict") this.#isDue = true;
    } catch (error) {
      this.#isDue = true;
      if (this.#failed.has(key)) return;
      this.#failed.add(key);
      this.#options.log.warn({ pool: name, err: error }, "cannot write the status of an IPAddressPool");
    }
  }
}

function countsOf(usage: readonly PoolUsage[]): PoolCounts {
  const of = (family: Family): { readonly assigned: number; readonly free: number } => {
    const found = usage.find((one) => one.family === family);
    // JSON numbers cannot count all addresses of a /64.
    const free = found === undefined || found.free < 0n ? 0n : found.free;
    return { assigned: found?.assigned ?? 0, free: safeCount(free) };
  };
  const [ipv4, ipv6] = [of("ipv4"), of("ipv6")];
  return {
    assignedIPv4: ipv4.assigned,
    availableIPv4: ipv4.free,
    assignedIPv6: ipv6.assigned,
    availableIPv6: ipv6.free,
  };
}

function isWritten(object: KubeObject, counts: PoolCounts): boolean {
  const status = recordOf(object["status"]);
  return Object.entries(counts).every(([name, value]) => status[name] === value);
}
