import { ownAddresses } from "#src/assignment/own-addresses.ts";
import type { Assignment, PoolUsage } from "#src/assignment/snapshot.ts";
import { safeCount } from "#src/ip/safe-count.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { SERVICE_STATES } from "./metric-labels.ts";

const POOL_ADDRESSES = "hawser_pool_addresses";
const POOL_ADDRESSES_IN_USE = "hawser_pool_addresses_in_use";
const POOL_ADDRESSES_FREE = "hawser_pool_addresses_free";
const POOL_ADDRESSES_ORPHANED = "hawser_pool_addresses_orphaned";
const POOL_ADDRESSES_RESTING = "hawser_pool_addresses_resting";
const POOL_ADDRESSES_EXCLUDED = "hawser_pool_addresses_excluded";
const SERVICES = "hawser_services";
const ASSIGNMENTS = "hawser_assignments_total";
const CONFIG_STALE = "hawser_config_stale";
const PLAN_SECONDS = "hawser_plan_seconds";
const CONTESTED = "hawser_contested_addresses";
const LEADER = "hawser_controller_leader";

type ServiceState = (typeof SERVICE_STATES)[number];

/** What a leader decided so far, to be looked at when the metrics are read. */
interface Decided {
  readonly assignments: ReadonlyMap<string, Assignment>;
  /** Counts what is in use and what rests: asked only where that is shown. */
  readonly pools: () => readonly PoolUsage[];
  /** Services that cannot be read. */
  readonly unreadable: number;
  /** Addresses that several speakers answer for. */
  readonly contested: number;
}

/** What the controller counts. */
export interface ControllerMetrics {
  /** Statuses written in which a Service got other addresses than it had. */
  readonly assignments: Counter;
  /** 1 while the configuration in use is not the one in the ConfigMap. */
  readonly configStale: Gauge;
  readonly planSeconds: Histogram;
  /** 1 while this replica leads. */
  readonly leads: Gauge;
  /** When the gauges of pools and Services are read, they show what this function returns. */
  show(decided: () => Decided): void;
  /** Empties the gauges of pools and Services: another replica shows them, and a sum must not count twice. */
  hide(): void;
}

/** Registers the controller's metrics. Labels are pool names, families and states: bounded by the configuration. */
export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const labelNames = ["pool", "family"] as const;
  let shown: (() => Decided) | undefined;
  const gaugeOfPools = (name: string, help: string, valueOf: (pool: PoolUsage) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const usage of shown?.().pools() ?? [])
          this.set({ pool: usage.pool, family: usage.family }, valueOf(usage));
      },
    });
  gaugeOfPools(POOL_ADDRESSES, "Addresses a pool may assign.", ({ size }) => safeCount(size));
  gaugeOfPools(POOL_ADDRESSES_IN_USE, "Addresses of a pool in use.", ({ used }) => used);
  gaugeOfPools(
    POOL_ADDRESSES_FREE,
    "Addresses a pool may assign that are not in use; resting ones are among them.",
    ({ free }) => safeCount(free),
  );
  gaugeOfPools(
    POOL_ADDRESSES_ORPHANED,
    "Addresses in use that were assigned from a pool of this name and that no pool contains any longer; without a name: from a pool that no longer exists.",
    ({ orphaned }) => orphaned,
  );
  gaugeOfPools(
    POOL_ADDRESSES_RESTING,
    "Free addresses of a pool that were in use a short while ago, and are kept for their Service or assigned last.",
    ({ resting }) => resting,
  );
  gaugeOfPools(
    POOL_ADDRESSES_EXCLUDED,
    "Addresses of a pool that are never assigned: excluded by the configuration, or reserved in a network.",
    ({ excluded }) => safeCount(excluded),
  );
  // oxlint-disable-next-line no-new
  new Gauge({
    name: CONTESTED,
    help: "Addresses that several speakers answer for, by their reports.",
    registers,
    collect() {
      this.set(shown?.().contested ?? 0);
    },
  });
  // oxlint-disable-next-line no-new
  new Gauge({
    name: SERVICES,
    help: "Services by state.",
    labelNames: ["state"] as const,
    registers,
    collect() {
      this.reset();
      for (const [state, count] of shown === undefined ? [] : statesOf(shown())) this.set({ state }, count);
    },
  });
  return {
    assignments: new Counter({
      name: ASSIGNMENTS,
      help: "Statuses written with addresses that differ from those before.",
      registers,
    }),
    configStale: new Gauge({
      name: CONFIG_STALE,
      help: "1 while the ConfigMap cannot be used and the last good configuration is in use.",
      registers,
    }),
    planSeconds: new Histogram({
      name: PLAN_SECONDS,
      help: "Time to look at what changed and to decide.",
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    leads: new Gauge({ name: LEADER, help: "1 while this replica leads, 0 while it is on standby.", registers }),
    hide: () => (shown = undefined),
    show: (decided) => (shown = decided),
  };
}

function statesOf({ assignments, unreadable }: Decided): ReadonlyMap<ServiceState, number> {
  const counts = new Map<ServiceState, number>([
    ["assigned", 0],
    ["incomplete", 0],
    ["pending", 0],
    ["ignored", 0],
    ["unreadable", unreadable],
  ]);
  for (const assignment of assignments.values()) {
    const { kind, reason } = assignment;
    const served = reason === "AddressAssigned" ? "assigned" : "incomplete";
    const isIgnored = kind === "ignore" || reason === "AddressReleased";
    const hasOurs = ownAddresses(assignment).length > 0;
    const state = isIgnored ? "ignored" : hasOurs ? served : "pending";
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}
