import type { AssignmentPlan } from "#src/assignment/snapshot.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const POOL_ADDRESSES = "hawser_pool_addresses";
const POOL_ADDRESSES_IN_USE = "hawser_pool_addresses_in_use";
const SERVICES = "hawser_services";
const ASSIGNMENTS = "hawser_assignments_total";
const CONFIG_STALE = "hawser_config_stale";
const PLAN_SECONDS = "hawser_plan_seconds";
const LEADS = "hawser_controller_leads";

/** Where a Service stands: the closed set of the label `state`. */
type ServiceState = "assigned" | "incomplete" | "pending" | "ignored" | "unreadable";

/** What the controller counts. */
export interface ControllerMetrics {
  /** Statuses written in which a Service got other addresses than it had. */
  readonly assignments: Counter;
  /** 1 while the configuration in force is not the one in the ConfigMap. */
  readonly configStale: Gauge;
  readonly planSeconds: Histogram;
  /** 1 while this replica leads. */
  readonly leads: Gauge;
  /** Sets the gauges of pools and Services from a plan. */
  show(plan: AssignmentPlan, unreadable: number): void;
  /** Empties the gauges of pools and Services: another replica shows them, and a sum must not count twice. */
  hide(): void;
}

/** Registers the controller's metrics. Labels are pool names, families and states: bounded by the configuration. */
export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const labelNames = ["pool", "family"] as const;
  const size = new Gauge({ name: POOL_ADDRESSES, help: "Addresses a pool may give out.", labelNames, registers });
  const used = new Gauge({ name: POOL_ADDRESSES_IN_USE, help: "Addresses of a pool in use.", labelNames, registers });
  const services = new Gauge({ name: SERVICES, help: "Services by state.", labelNames: ["state"] as const, registers });
  return {
    assignments: new Counter({
      name: ASSIGNMENTS,
      help: "Statuses written with other addresses than before.",
      registers,
    }),
    configStale: new Gauge({
      name: CONFIG_STALE,
      help: "1 while the last good configuration is not the present one.",
      registers,
    }),
    planSeconds: new Histogram({
      name: PLAN_SECONDS,
      help: "Time to decide about all Services.",
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    leads: new Gauge({ name: LEADS, help: "1 while this replica leads, 0 while it stands by.", registers }),
    hide: () => {
      for (const gauge of [size, used, services]) gauge.reset();
    },
    show: (plan, unreadable) => {
      for (const gauge of [size, used]) gauge.reset();
      for (const pool of plan.pools) {
        const labels = { pool: pool.pool, family: pool.family };
        size.set(labels, Number(pool.size < BigInt(Number.MAX_SAFE_INTEGER) ? pool.size : Number.MAX_SAFE_INTEGER));
        used.set(labels, pool.used);
      }
      for (const [state, count] of statesOf(plan, unreadable)) services.set({ state }, count);
    },
  };
}

function statesOf({ assignments }: AssignmentPlan, unreadable: number): ReadonlyMap<ServiceState, number> {
  const counts = new Map<ServiceState, number>([
    ["assigned", 0],
    ["incomplete", 0],
    ["pending", 0],
    ["ignored", 0],
    ["unreadable", unreadable],
  ]);
  for (const { kind, addresses, reason } of assignments.values()) {
    const served = reason === "AddressAssigned" ? "assigned" : "incomplete";
    const isIgnored = kind === "ignore" || reason === "AddressReleased";
    const state = isIgnored ? "ignored" : addresses.length > 0 ? served : "pending";
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}
