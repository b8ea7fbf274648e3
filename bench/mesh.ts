import { heartbeatCounts } from "#lab/hawser/heartbeat-counts.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds } from "./cpu-seconds.ts";
import { simulate } from "./mesh/simulate.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";
import { memoryMb } from "./scale/writes.ts";

/** Real speakers run in this many nodes one after the other, up to `--nodes`; simulated ones up to `--simulated`. */
const REAL = [3, 10, 20, 50, 100];
const SIMULATED = [10, 20, 50, 100, 300, 1_000];
const COUNTED_MS = 5_000;

/** What speakers cost that watch each other: heartbeats, CPU and memory of each, by the number of nodes. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "mesh",
    trials: 3,
    help: "Counts of each number of nodes",
    numbers: {
      nodes: { default: 20, most: 100, help: "Real speakers at most; each takes 150 MB" },
      simulated: { default: 100, most: 1_000, help: "Simulated speakers at most; 1,000 take some minutes" },
    },
  });
  if (options === undefined) return 0;
  const { nodes = 0, simulated = 0 } = options.numbers;
  const samples: Sample[] = [];
  for (const size of REAL.filter((one) => one <= nodes)) {
    samples.push(...(await measure(size, options.trials)));
    console.error(`mesh: ${size} real speakers`);
  }
  for (const size of SIMULATED.filter((one) => one <= simulated)) {
    samples.push(...simulatedSamples(size));
    console.error(`mesh: ${size} simulated speakers`);
  }
  printBenchReport({ bench: "mesh", options, samples, ratios: [], skipped: [], versions: {} });
  return 0;
}

async function measure(size: number, trials: number): Promise<readonly Sample[]> {
  await using rack = await Rack.build({ nodes: size });
  await startEcho(rack);
  const directory = writeEchoManifests(rack);
  await using installation = await RackInstallation.start({ rack, directory, speakers: [] });
  for (const { name } of rack.nodes) await installation.startSpeaker(name);
  await until(
    `all ${size} speakers see each other`,
    () => [...installation.reports().values()].filter(({ members }) => members.length === size).length === size,
    { timeoutMs: 120_000 },
  );
  const samples: Sample[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const before = await Promise.all(rack.nodes.map(async ({ name }) => readNode(rack, installation, name)));
    await sleep(COUNTED_MS);
    const after = await Promise.all(rack.nodes.map(async ({ name }) => readNode(rack, installation, name)));
    samples.push(...after.flatMap((now, index) => samplesOf(size, before[index] ?? now, now)));
  }
  return samples;
}

interface Reading {
  readonly atMs: number;
  readonly sent: number;
  readonly received: number;
  readonly cpuS: number;
  readonly rssMb: number;
}

async function readNode(rack: Rack, installation: RackInstallation, node: string): Promise<Reading> {
  const { pid } = installation.speaker(node);
  const counts = await heartbeatCounts(rack.host(node));
  return { ...counts, atMs: performance.now(), cpuS: cpuSeconds(pid), rssMb: memoryMb(pid).rss };
}

function samplesOf(size: number, before: Reading, after: Reading): readonly Sample[] {
  const seconds = (after.atMs - before.atMs) / 1_000;
  const system = `${size} nodes`;
  return [
    { case: "sent", system, unit: "1/s", value: (after.sent - before.sent) / seconds },
    { case: "received", system, unit: "1/s", value: (after.received - before.received) / seconds },
    { case: "cpu", system, unit: "% of a core", value: (100 * (after.cpuS - before.cpuS)) / seconds },
    { case: "memory", system, unit: "MB", value: after.rssMb },
  ];
}

function simulatedSamples(size: number): readonly Sample[] {
  const { heartbeats, most, takeoverMs, takeoverHeartbeats } = simulate(size);
  const system = `${size} nodes`;
  return [
    { case: "simulated", system, unit: "1/s", value: heartbeats },
    { case: "simulated-most", system, unit: "1/s", value: most },
    { case: "simulated-takeover", system, unit: "ms", value: takeoverMs },
    { case: "simulated-takeover-heartbeats", system, unit: "more", value: takeoverHeartbeats },
  ];
}
