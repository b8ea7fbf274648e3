import { existsSync } from "node:fs";
import { echo, startEcho } from "#lab/probes/echo.ts";
import { gapAfter, lost } from "#lab/probes/gap.ts";
import { HeldConnections } from "#lab/probes/held-connections.ts";
import { Prober } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import { failoverHawser } from "./failover/hawser.ts";
import { keepalived } from "./failover/keepalived.ts";
import type { FailoverSystem, RunningFailoverSystem } from "./failover/system.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

/** Trials of one system in a row before the next has its turn. */
const BLOCK = 5;
/** Good probes in a row before and after a fault: 100 ms of calm. */
const CALM_PROBES = 50;
const PROBE_EVERY_MS = 2;
/** Open at once in the case `connections`. */
const CONNECTIONS = 200;
/** Two seconds after the move: one that is not alive then has said so, or has had no answer for a second. */
const AFTER_MOVE_PROBES = 1_000;
/** The last probes are left out of the count of losses: their answers may still be under way. */
const UNDER_WAY_NS = 100_000_000n;

const all: readonly FailoverSystem[] = [
  ...failoverHawser,
  keepalived("keepalived-default", 1),
  keepalived("keepalived-10ms", 0.01),
];

/** The gap of a silent cut and the losses of a planned move, as a client sees them: ours beside keepalived's. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, { name: "failover", trials: 20, help: "Trials of each case and system" });
  if (options === undefined) return 0;
  const systems = all.filter(isInstalled);
  await using rack = await Rack.build({ nodes: 3 });
  await startEcho(rack);
  const samples: Sample[] = [];
  for (let done = 0; done < options.trials; done += BLOCK) {
    const block = Math.min(BLOCK, options.trials - done);
    for (const system of systems) samples.push(...(await runBlock(rack, system, block)));
    console.error(`failover: ${done + block} of ${options.trials} trials`);
  }
  printBenchReport({
    bench: "failover",
    options,
    samples,
    ratios: all.slice(failoverHawser.length).map(({ name }) => ({ case: "crash", over: "hawser", under: name })),
    skipped: all
      .filter((system) => !isInstalled(system))
      .map(({ name, package: brings }) => ({ system: name, package: brings })),
    versions: Object.fromEntries(await Promise.all(systems.map(async (one) => [one.name, await one.version()]))),
  });
  return 0;
}

function isInstalled({ program }: FailoverSystem): boolean {
  const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return program === undefined || folders.some((folder) => existsSync(`${folder}/${program}`));
}

async function runBlock(rack: Rack, system: FailoverSystem, trials: number): Promise<readonly Sample[]> {
  const running = await system.start(rack);
  const samples: Sample[] = [];
  for (let trial = 0; trial < trials; trial++) {
    samples.push({ case: "crash", system: system.name, unit: "ms", value: await crash(rack, running) });
    samples.push({ case: "move", system: system.name, unit: "lost probes", value: await move(rack, running) });
    samples.push({ case: "connections", system: system.name, unit: "%", value: await connections(rack, running) });
  }
  await running.stop();
  await rack.client.flushNeighbors();
  return samples;
}

async function startProbing(rack: Rack): Promise<Prober> {
  const prober = await Prober.start(rack.client, {
    mode: "udp",
    target: echo.ipv4,
    port: echo.port,
    everyMs: PROBE_EVERY_MS,
  });
  await prober.waitForGood(CALM_PROBES);
  return prober;
}

/** Milliseconds from the silent cut of the owner to the first answer to a probe sent after it. */
async function crash(rack: Rack, system: RunningFailoverSystem): Promise<number> {
  const owner = await system.untilSteady();
  const prober = await startProbing(rack);
  const { effectiveNs } = await rack.cutSilent(owner);
  await prober.waitForGood(CALM_PROBES);
  const gapMs = gapAfter(await prober.stop(), effectiveNs);
  await rack.restore(owner);
  if (gapMs === undefined) throw new Error("no probe was answered after the cut");
  return gapMs;
}

/** Probes lost while the owner's program ends after SIGTERM. */
async function move(rack: Rack, system: RunningFailoverSystem): Promise<number> {
  const owner = await system.untilSteady();
  const prober = await startProbing(rack);
  const fromNs = process.hrtime.bigint();
  await system.leave(owner);
  await prober.waitForGood(4 * CALM_PROBES);
  const toNs = process.hrtime.bigint() - UNDER_WAY_NS;
  const count = lost(await prober.stop(), fromNs, toNs);
  await system.rejoin(owner);
  return count;
}

/** How many percent of open TCP connections live while the owner's program ends after SIGTERM. */
async function connections(rack: Rack, system: RunningFailoverSystem): Promise<number> {
  const owner = await system.untilSteady();
  const held = await HeldConnections.open(rack.client, {
    target: echo.ipv4,
    port: echo.port,
    count: CONNECTIONS,
    everyMs: 100,
  });
  const prober = await startProbing(rack);
  await system.leave(owner);
  await prober.waitForGood(AFTER_MOVE_PROBES);
  await prober.stop();
  const { alive } = await held.close();
  await system.rejoin(owner);
  return (100 * alive) / CONNECTIONS;
}
