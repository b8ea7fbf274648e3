// Users, their edits of what Hawser notes, pools in both forms, failed writes, restarts, kills and a second replica, by chance.
import { pool as addressPool } from "#test/configuration/resources.ts";
import { CONFIGS, FORGERIES, MARKS, type ModelCluster, NAMES } from "./model-cluster.ts";
import { configObject, World } from "./world.ts";

/** Does something, and returns the names of the Services that may lose what they have by that. */
type Operation = (cluster: ModelCluster) => Promise<readonly string[]>;

export const OPERATIONS_BY_NAME: Readonly<Record<string, Operation>> = {
  put: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    return [name];
  },
  /** A tenant edits the Service, and what Hawser noted on it. */
  forge: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    if (cluster.get(name) === undefined) return [];
    const marks = cluster.dice.some(MARKS).map((mark) => [`hawser.dev/${mark}`, cluster.dice.one(FORGERIES)] as const);
    cluster.put(name, Object.fromEntries(marks));
    return [name];
  },
  remove: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    if (cluster.get(name) !== undefined) cluster.source.remove("Service", `default/${name}`);
    return [name];
  },
  configure: async (cluster) => {
    cluster.source.put(configObject(cluster.dice.one(CONFIGS)));
    return [];
  },
  /** An IPAddressPool comes, changes or goes. */
  resource: async (cluster) => {
    const isThere = cluster.source.get("IPAddressPool", "metallb-system/edge") !== undefined;
    if (isThere && cluster.dice.below(2) === 0) cluster.source.remove("IPAddressPool", "metallb-system/edge");
    else cluster.source.put(addressPool("edge", cluster.dice.one(["198.51.100.0/31", "198.51.100.0/32", "nonsense"])));
    return [];
  },
  /** A write fails, or its answer is lost, while a Service is edited. */
  fault: async (cluster) => {
    const faults = [cluster.dice.one(["refused", "conflict", "answer lost"] as const)];
    cluster.leader.source.faults.set("*", faults);
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    return [name];
  },
  /** Another program empties a status. */
  empty: async (cluster) => {
    const one = cluster.get(cluster.dice.one(NAMES));
    if (one === undefined) return [];
    cluster.source.put({ ...one, status: { ...(one["status"] as object | undefined), loadBalancer: {} } });
    return [one.metadata.name];
  },
  time: async (cluster) => {
    await cluster.leader.time.advance(cluster.dice.below(1_300_000));
    return [];
  },
  restart: (cluster) => end(cluster, "stop"),
  kill: (cluster) => end(cluster, "kill"),
  /** The leader is killed while a Service is edited. */
  killAtWork: async (cluster) => {
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    await end(cluster, "kill");
    return [name];
  },
  /** The leader loses the lead while it works, and hears of that after the other one. */
  handOver: async (cluster) => {
    const [first, second] = cluster.worlds as [World, World];
    const name = cluster.dice.one(NAMES);
    cluster.put(name);
    first.source.setLeads(false, { untold: true });
    second.source.setLeads(true);
    await second.idle();
    first.source.setLeads(false);
    cluster.worlds = [second, first];
    return [name];
  },
};

async function end(cluster: ModelCluster, how: "stop" | "kill"): Promise<readonly string[]> {
  const [world, standby] = cluster.worlds as [World, World];
  await world[how]();
  const next = new World(world.source, world.time);
  await next.start();
  cluster.worlds = [next, standby];
  return [];
}

export const WEIGHTED = Object.entries({
  put: 8,
  forge: 3,
  remove: 3,
  configure: 2,
  resource: 2,
  fault: 2,
  empty: 1,
  time: 1,
  restart: 1,
  kill: 1,
  killAtWork: 1,
  handOver: 1,
}).flatMap(([name, weight]) => Array.from({ length: weight }, () => name));
