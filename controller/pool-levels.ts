import type { PoolRoom } from "#src/assignment/snapshot.ts";
import { nameOfFamily } from "#src/ip/address.ts";
import { keyOf, type ObjectRef } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { poolPlace } from "#src/model/pool-place.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";

/** How full the addresses of a pool in one family are: nearly full from a level on. */
const LEVELS = ["roomy", "nearly full", "full"] as const;
type Level = (typeof LEVELS)[number];

/** A pool is nearly full until so many percent less of it are in use than when it became so. */
const HYSTERESIS_PERCENT = 5;
/** A pool has been emptier for so long before that is said: what is freed and taken again at once changes nothing. */
const EMPTIER_MS = 60_000;

interface State {
  readonly level: Level;
  /** How many addresses the pool had then. */
  readonly size: bigint;
  /** Since when it has been emptier than `level`, on any steady clock; undefined: it is not. */
  readonly emptierSinceMs: number | undefined;
}

/** What there is to say of the pools now. */
interface Said {
  /** One for each change. */
  readonly events: readonly EventRecord[];
  /** One for each pool and family that is full or nearly full. */
  readonly problems: readonly Problem[];
}

/** Says when a pool is nearly full, when it is full, and when it is neither any longer. */
export class PoolLevels {
  readonly #configMap: ObjectRef;
  readonly #percent: number;
  #states: ReadonlyMap<string, State> = new Map();
  #nextMs: number | undefined;

  /** `percent`: a pool that says nothing else is nearly full when so many percent of its addresses are in use. Events are about the ConfigMap, or the IPAddressPool that the pool is. */
  constructor(configMap: ObjectRef, percent: number) {
    this.#configMap = configMap;
    this.#percent = percent;
  }

  /** Takes how much room the pools have now. */
  update(pools: readonly PoolRoom[], nowMs: number): Said {
    const states = new Map<string, State>();
    const events: EventRecord[] = [];
    const problems: Problem[] = [];
    this.#nextMs = undefined;
    for (const room of pools) {
      const key = JSON.stringify([room.pool, room.family]);
      const before = this.#states.get(key) ?? { level: "roomy", size: room.size, emptierSinceMs: undefined };
      const now = { level: this.#levelOf(room, before.level), size: room.size };
      const state = stateAfter(before, now, nowMs);
      if (state.emptierSinceMs !== undefined)
        this.#nextMs = Math.min(this.#nextMs ?? Infinity, state.emptierSinceMs + EMPTIER_MS);
      states.set(key, state);
      const problem = this.#problemOf(room, state.level);
      if (problem !== undefined) problems.push(problem);
      if (state.level !== before.level) events.push(this.#eventFor(room, before.level, state.level));
    }
    this.#states = states;
    return { events, problems };
  }

  /** Milliseconds until something may be said although nothing changes, at least 0; undefined if nothing may. */
  nextInMs(nowMs: number): number | undefined {
    return this.#nextMs === undefined ? undefined : Math.max(0, this.#nextMs - nowMs);
  }

  #levelOf({ size, free, warningPercent = this.#percent }: PoolRoom, before: Level): Level {
    if (size === 0n) return "roomy";
    if (free === 0n) return "full";
    const fromPercent = before === "roomy" ? warningPercent : warningPercent - HYSTERESIS_PERCENT;
    return (size - free) * 100n >= size * BigInt(fromPercent) ? "nearly full" : "roomy";
  }

  #problemOf(
    { pool, resource, family, size, warningPercent = this.#percent }: PoolRoom,
    level: Level,
  ): Problem | undefined {
    const addresses = `${nameOfFamily(family)} addresses`;
    const shared = {
      at: poolPlace({ name: pool, ...(resource === undefined ? {} : { resource }) }, keyOf(this.#configMap)),
      severity: "warning",
    } as const;
    if (level === "full")
      return {
        ...shared,
        code: "POOL_FULL",
        what: `Pool "${pool}" is full`,
        why: `all of its ${size} ${addresses} are in use, or were within the last minute`,
        fix: "Add a range to it or another pool, or delete Services that are not needed; Services wait until then",
      };
    if (level === "nearly full")
      return {
        ...shared,
        code: "POOL_NEARLY_FULL",
        what: `Pool "${pool}" is nearly full`,
        // The same text as long as it lasts: one that told the number in use would be another Event for each Service.
        why: `${warningPercent} % or more of its ${size} ${addresses} are or were in use, and since then no minute passed with less than ${Math.max(1, warningPercent - HYSTERESIS_PERCENT)} %`,
        fix: "Add a range to it or another pool before Services have to wait",
      };
    return undefined;
  }

  #eventFor(room: PoolRoom, before: Level, level: Level): EventRecord {
    const problem = this.#problemOf(room, level);
    const isFuller = LEVELS.indexOf(level) > LEVELS.indexOf(before);
    if (isFuller && problem !== undefined) {
      const reason = level === "full" ? "PoolFull" : "PoolNearlyFull";
      return eventOf(this.#aboutOf(room), { reason, message: printProblem(problem) });
    }
    const { pool, family, size, free } = room;
    const still = level === "nearly full" ? ", and still nearly full" : "";
    const message = `Pool "${pool}" is no longer ${before}${still}. Free: ${free} of ${size} ${nameOfFamily(family)} addresses.`;
    return eventOf(this.#aboutOf(room), { reason: "PoolHasRoom", message });
  }

  /** The object that the pool is written in. */
  #aboutOf({ resource }: PoolRoom): ObjectRef {
    const [namespace, name] = resource?.split("/") ?? [];
    return namespace === undefined || name === undefined ? this.#configMap : { kind: "IPAddressPool", namespace, name };
  }
}

/** A pool that is fuller is so at once, and so is one whose ranges changed; one that is emptier has to be so for a while. */
function stateAfter({ level, size, emptierSinceMs }: State, now: Pick<State, "level" | "size">, nowMs: number): State {
  const isEmptier = LEVELS.indexOf(now.level) < LEVELS.indexOf(level);
  if (!isEmptier || now.size !== size) return { ...now, emptierSinceMs: undefined };
  const sinceMs = emptierSinceMs ?? nowMs;
  return nowMs - sinceMs < EMPTIER_MS
    ? { level, size, emptierSinceMs: sinceMs }
    : { ...now, emptierSinceMs: undefined };
}
