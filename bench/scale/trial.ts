import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds } from "#bench/cpu-seconds.ts";
import type { Sample } from "#bench/report.ts";
import { until } from "#lab/rack/until.ts";
import { memoryMb, readWrites, writesBetween } from "./writes.ts";
import { namesOf, requestedAddress } from "./objects.ts";
import type { RunningScaleSystem, ScaleSystem } from "./system.ts";
import type { LoadResult, ScaleWorld } from "./world.ts";

/** Service and address in turn, without any other load. */
const IDLE_TRIALS = 60;
const IDLE_PAUSE_MS = 250;
/** So many of the Services of a storm ask for an address that the client awaits. */
const STORM_SAMPLES = 50;
const RESTARTS = 3;
/** Requests under way at once in a storm. */
export const AT_ONCE = 32;
/** No writes for so long: the work is done. */
const CALM_MS = 5_000;
const CALM_TIMEOUT_MS = 300_000;
/** What the API server writes to itself: of each Service the address in the cluster's network, and its leases. */
const OWN_WRITES = ["ipaddresses", "leases"];

type Measured = Omit<Sample, "system">;

/** All cases of one system, on a fresh cluster. */
export async function runTrial(world: ScaleWorld, system: ScaleSystem, services: number): Promise<readonly Sample[]> {
  const say = (text: string): void => console.error(`scale: ${system.name}: ${text}`);
  await world.load({ task: "slices", namespace: "bench", prefix: "idle", count: IDLE_TRIALS, atOnce: AT_ONCE });
  await world.load({ task: "slices", namespace: "bench", prefix: "storm", count: services, atOnce: AT_ONCE });
  const running = await system.start(world);
  try {
    const samples: Measured[] = [];
    await sleep(CALM_MS);
    samples.push(...memoryOf(running, "idle"));
    say("runs; one Service after the other");
    samples.push(...(await idle(world)));
    say(`${services} Services at once`);
    samples.push(...(await storm(world, running, services)));
    samples.push(...memoryOf(running, `${services}`));
    say("restarts of the controller");
    for (let number = 0; number < RESTARTS; number++) samples.push(...(await restart(world, running, number)));
    samples.push(...memoryOf(running, `${services}-restarted`).filter((sample) => sample.case.includes("controller")));
    return samples.map((sample) => ({ ...sample, system: system.name }));
  } finally {
    await running.stop();
  }
}

function memoryOf(running: RunningScaleSystem, when: string): readonly Measured[] {
  return (["controller", "speaker"] as const).flatMap((name) => {
    const memory = memoryMb(running[name]());
    return [
      { case: `rss-${name}-${when}`, unit: "MB", value: memory.rss },
      { case: `rss-${name}-${when}-peak`, unit: "MB", value: memory.peak },
      { case: `private-${name}-${when}`, unit: "MB", value: memory.private },
    ];
  });
}

/** Milliseconds from the POST of a Service to the first ARP reply, one Service at a time. */
async function idle(world: ScaleWorld): Promise<readonly Measured[]> {
  const addresses = Array.from({ length: IDLE_TRIALS }, (_, number) => requestedAddress(number));
  const asking = await world.ask({ addresses, window: 2, everyMs: 2 });
  const requests = Object.fromEntries(addresses.entries());
  const order = { task: "services", namespace: "bench", prefix: "idle", count: IDLE_TRIALS, atOnce: 1 } as const;
  const loaded = await world.load({ ...order, pauseMs: IDLE_PAUSE_MS, requests });
  return replies("idle", loaded, asking);
}

async function replies(
  when: string,
  loaded: LoadResult,
  { heard, running }: Awaited<ReturnType<ScaleWorld["ask"]>>,
): Promise<readonly Measured[]> {
  await until("all addresses are answered", () => heard.size === loaded.requested.length, {
    timeoutMs: CALM_TIMEOUT_MS,
  });
  await running.stop();
  return loaded.requested.flatMap(({ ip, sentNs, answeredNs }) => {
    const at = heard.get(ip);
    if (at === undefined) return [];
    const ms = (from: string, to: string): number => Number(BigInt(to) - BigInt(from)) / 1e6;
    return [
      { case: `reply-${when}`, unit: "ms", value: ms(sentNs, at.repliedNs) },
      { case: `reply-${when}-after-answer`, unit: "ms", value: ms(answeredNs, at.repliedNs) },
      { case: `first-frame-${when}`, unit: "ms", value: ms(sentNs, at.namedNs) },
    ];
  });
}

/** Many Services at once: until all have an address, what it cost, and how soon some of them were answered. */
async function storm(world: ScaleWorld, running: RunningScaleSystem, services: number): Promise<readonly Measured[]> {
  const samples = Math.min(STORM_SAMPLES, services);
  const numbers = Array.from({ length: samples }, (_, at) => Math.floor((at * services) / samples));
  const requests = Object.fromEntries(numbers.map((number, at) => [number, requestedAddress(IDLE_TRIALS + at)]));
  const asking = await world.ask({ addresses: Object.values(requests), window: 10, everyMs: 5 });
  await calm(world); // what belongs to the Services before is not counted here
  const before = { writes: await readWrites(world.cluster), cpu: cpuOf(world, running) };
  const order = { task: "services", namespace: "bench", prefix: "storm", count: services, atOnce: AT_ONCE } as const;
  const loaded = await world.load({ ...order, awaitsAddresses: true, requests });
  const answered = await replies("storm", loaded, asking);
  await calm(world);
  const after = { writes: await readWrites(world.cluster), cpu: cpuOf(world, running) };
  const writes = writesBetween(before.writes, after.writes);
  const of = (resource: string): number => (writes.get(resource) ?? 0) - (resource === "services" ? services : 0);
  const all = [...writes.keys()].filter((name) => !OWN_WRITES.includes(name)).reduce((sum, name) => sum + of(name), 0);
  await checkAddresses(world, services + IDLE_TRIALS);
  return [
    ...answered,
    { case: "created", unit: "s", value: loaded.createdS },
    { case: "assigned", unit: "s", value: loaded.assignedS },
    { case: "writes", unit: "per Service", value: all / services },
    { case: "writes-services", unit: "per Service", value: of("services") / services },
    { case: "writes-events", unit: "per Service", value: of("events") / services },
    { case: "writes-leases", unit: "writes", value: of("leases") },
    ...(["controller", "speaker", "apiserver"] as const).map((name) => ({
      case: `cpu-${name}`,
      unit: "s",
      value: after.cpu[name] - before.cpu[name],
    })),
  ];
}

function cpuOf(world: ScaleWorld, running: RunningScaleSystem) {
  return {
    controller: cpuSeconds(running.controller()),
    speaker: cpuSeconds(running.speaker()),
    apiserver: cpuSeconds(world.cluster.part("kube-apiserver").pid),
  };
}

/** Resolves when no Service or Event was written for a while. */
async function calm(world: ScaleWorld): Promise<void> {
  const look = async (): Promise<number> => {
    const writes = await readWrites(world.cluster);
    return [...writes].reduce((sum, [resource, count]) => sum + (resource === "leases" ? 0 : count), 0);
  };
  for (let before = -1, now = await look(), waitedMs = 0; before !== now; waitedMs += CALM_MS) {
    if (waitedMs > CALM_TIMEOUT_MS) throw new Error("the writes do not end");
    await sleep(CALM_MS);
    [before, now] = [now, await look()];
  }
}

/** The address of each Service; throws unless all have one, and each its own. */
async function checkAddresses(world: ScaleWorld, count: number): Promise<ReadonlyMap<string, string>> {
  const addresses = await world.addresses();
  const distinct = new Set(addresses.values()).size;
  if (addresses.size !== count || distinct !== count)
    throw new Error(`${addresses.size} of ${count} Services have an address, ${distinct} different ones`);
  return addresses;
}

/** The controller ends, a Service comes, the controller starts: ready, and the Service served; the others untouched. */
async function restart(world: ScaleWorld, running: RunningScaleSystem, number: number): Promise<readonly Measured[]> {
  const { name } = namesOf("restart", number);
  await running.stopController();
  const before = await world.addresses();
  await world.load({ task: "services", namespace: "bench", prefix: `restart-${number}`, count: 1, atOnce: 1 });
  const writesBefore = await readWrites(world.cluster);
  const startMs = performance.now();
  const served = until(
    `${name}-0 is served`,
    async () => {
      return (await world.addressOf(`${name}-0`)) !== undefined;
    },
    { timeoutMs: CALM_TIMEOUT_MS },
  ).then(() => (performance.now() - startMs) / 1_000);
  const readyS = await running.startController();
  const servedS = await served;
  await calm(world);
  const writes = writesBetween(writesBefore, await readWrites(world.cluster)).get("services") ?? 0;
  const after = await checkAddresses(world, before.size + 1);
  const moved = [...before].filter(([key, ip]) => after.get(key) !== ip).length;
  return [
    { case: "restart", unit: "s", value: readyS },
    { case: "restart-serves", unit: "s", value: servedS },
    // One is that of the new Service.
    { case: "restart-writes", unit: "writes", value: writes - 1 },
    { case: "restart-moves", unit: "Services", value: moved },
  ];
}
