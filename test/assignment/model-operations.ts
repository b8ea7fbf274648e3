// What users, controllers and failures do to a cluster, by chance.
import { planAssignments } from "#src/assignment/plan.ts";
import type { Service } from "#src/model/service.ts";
import { labels, V4, V6 } from "./arbitrary.ts";
import type { Dice } from "./dice.ts";
import { ip, service } from "./build.ts";
import { KEYS, type ModelCluster, POOLS } from "./model-cluster.ts";

type Operation = (cluster: ModelCluster) => void;

const randomSpec = (dice: Dice): Partial<Service> => {
  const families = dice.one([["ipv4"], ["ipv4"], ["ipv6"], ["ipv4", "ipv6"], ["ipv6", "ipv4"]] as const);
  const wanted = dice.below(4) === 0 ? [ip(dice.one([...V4.slice(0, 3), ...V6.slice(0, 2)]))] : [];
  return {
    families,
    ipFamilyPolicy: families.length === 1 ? "SingleStack" : dice.one(["PreferDualStack", "RequireDualStack"]),
    labels: dice.one(labels),
    sharingKey: dice.one(["", "", "k", "l"]),
    externalTrafficPolicy: dice.one(["Cluster", "Cluster", "Local"]),
    selector: dice.one([{}, { app: "x" }, { app: "y" }]),
    requestedPool: dice.one([undefined, undefined, undefined, "a", "b", "none", "b,a"]),
    requestedAddresses: wanted.filter(({ family }) => families.includes(family as never)),
    externalIps: dice.below(8) === 0 ? [ip(dice.one(V4))] : [],
    ports: service("x", { ports: dice.one([["TCP/80"], ["TCP/443"], ["UDP/80"], ["TCP/80", "TCP/443"]]) }).ports,
    type: dice.below(12) === 0 ? "NodePort" : "LoadBalancer",
  };
};

export const OPERATIONS_BY_NAME: Readonly<Record<string, Operation>> = {
  create(cluster) {
    const { dice } = cluster;
    const key = dice.one(KEYS);
    const [namespace = "", name = ""] = key.split("/");
    if (cluster.services.has(key)) return;
    cluster.createdMs += dice.below(2);
    cluster.put({ ...service(name), key, namespace, createdMs: cluster.createdMs, ...randomSpec(dice) });
  },
  edit(cluster) {
    const one = cluster.services.get(cluster.dice.one(KEYS));
    if (one === undefined) return;
    const spec = randomSpec(cluster.dice);
    const field = cluster.dice.one(Object.keys(spec)) as keyof Service;
    const edited = field === "families" || field === "ipFamilyPolicy" || field === "requestedAddresses";
    cluster.put({ ...one, ...(edited ? spec : { [field]: spec[field] }) });
  },
  share(cluster) {
    const one = cluster.services.get(cluster.dice.one(KEYS));
    if (one !== undefined) cluster.put({ ...one, sharingKey: "k", externalTrafficPolicy: "Cluster" });
  },
  remove(cluster) {
    const key = cluster.dice.one(KEYS);
    cluster.freed(key, cluster.services.get(key)?.assignedAddresses ?? []);
    if (cluster.services.delete(key)) cluster.changed.add(key);
  },
  pools(cluster) {
    cluster.rest = { ...cluster.rest, pools: cluster.dice.one(POOLS) };
  },
  namespaces(cluster) {
    const { dice } = cluster;
    const namespaces = new Map(["default", "other"].map((name) => [name, dice.one(labels)]));
    cluster.rest = { ...cluster.rest, namespaces };
  },
  time(cluster) {
    cluster.rest = { ...cluster.rest, nowMs: cluster.rest.nowMs + cluster.dice.below(100_000) };
  },
  restart: (cluster) => cluster.restart(),
  /** The controller is killed between its plan and its last write. */
  kill(cluster) {
    const plan = planAssignments(cluster.snapshot).assignments;
    for (const key of cluster.dice.some([...plan.keys()])) cluster.write(key, plan);
    cluster.restart();
  },
  /** Another program, or a person, empties a status or writes another's address into it. */
  meddle(cluster) {
    const one = cluster.services.get(cluster.dice.one(KEYS));
    if (one === undefined) return;
    cluster.freed(one.key, one.assignedAddresses);
    cluster.put({ ...one, assignedAddresses: cluster.dice.below(2) === 0 ? [] : [ip(cluster.dice.one(V4))] });
  },
  /** A person wants some of its addresses, and others, to be given up; or wants it no longer. */
  release(cluster) {
    const { dice } = cluster;
    const one = cluster.services.get(dice.one(KEYS));
    if (one === undefined) return;
    const others = dice.below(3) === 0 ? [ip(dice.one([...V4, ...V6]))] : [];
    cluster.put({ ...one, addressesToRelease: [...dice.some([...one.assignedAddresses]), ...others] });
  },
  /** What a second leader will think of later. */
  look(cluster) {
    cluster.stale = new Map(cluster.services);
  },
  /** Two leaders: the second one decides by a view that is old, and its writes are refused where it is. */
  secondLeader(cluster) {
    const plan = planAssignments({ ...cluster.snapshot, services: cluster.stale }).assignments;
    for (const key of plan.keys()) cluster.write(key, plan, cluster.stale.get(key));
  },
};

export const WEIGHTED = Object.entries({
  create: 6,
  edit: 5,
  share: 2,
  remove: 3,
  pools: 1,
  namespaces: 1,
  time: 2,
  restart: 1,
  kill: 1,
  meddle: 1,
  release: 2,
  look: 1,
  secondLeader: 1,
}).flatMap(([name, weight]) => Array.from({ length: weight }, () => name));

/** What people do, and may ask about before. */
export const FORETOLD: readonly string[] = ["create", "edit", "share", "remove", "pools", "namespaces", "release"];
