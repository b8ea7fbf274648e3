import { existsSync } from "node:fs";
import { startEcho } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { chosen } from "./chosen.ts";
import { cases } from "./failover/cases.ts";
import { failoverHawser } from "./failover/hawser.ts";
import { keepalived } from "./failover/keepalived.ts";
import { measureLink } from "./failover/link.ts";
import type { FailoverSystem } from "./failover/system.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

/** Trials of one system in a row before the next has its turn. */
const BLOCK = 5;

const all: readonly FailoverSystem[] = [
  ...failoverHawser,
  keepalived("keepalived-default", 1),
  keepalived("keepalived-10ms", 0.01),
];

/** What clients see of faults of the node that has an address: ours beside keepalived's. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "failover",
    trials: 20,
    help: "Trials of each case and system",
    numbers: {
      nodes: { default: 3, most: 100, help: "Nodes of the rack, each with a speaker" },
      addresses: { default: 2, most: 5_000, help: "Addresses that are announced; one of IPv4 is probed, one of IPv6" },
    },
    texts: {
      only: `Cases, with commas: ${[...Object.keys(cases), "link"].join(", ")}`,
      systems: `Systems, with commas: ${all.map(({ name }) => name).join(", ")}`,
    },
  });
  if (options === undefined) return 0;
  // No start is measured here, and one takes a third of the CPU with what the run before compiled.
  delete process.env["NODE_DISABLE_COMPILE_CACHE"];
  const { nodes = 3, addresses = 2 } = options.numbers;
  const only = chosen([...Object.keys(cases), "link"], options.texts["only"], { option: "only" });
  const names = chosen(
    all.map(({ name }) => name),
    options.texts["systems"],
    { option: "systems" },
  );
  const systems = all.filter((one) => names.has(one.name) && isInstalled(one));
  const samples: Sample[] = [];
  await runTurns(systems, { nodes, addresses, trials: options.trials, only }, samples);
  if (only.has("link") && names.has("hawser")) samples.push(...(await measureLink(options.trials)));
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

interface Turns {
  readonly nodes: number;
  readonly addresses: number;
  readonly trials: number;
  readonly only: ReadonlySet<string>;
}

/** The systems one after the other, some trials of each, and again. */
async function runTurns(systems: readonly FailoverSystem[], turns: Turns, samples: Sample[]): Promise<void> {
  const { nodes, trials, only } = turns;
  if (!Object.keys(cases).some((name) => only.has(name))) return;
  await using rack = await Rack.build({ nodes });
  await startEcho(rack);
  // One that has no other to take turns with starts once.
  const most = systems.length === 1 ? trials : BLOCK;
  for (let done = 0; done < trials; done += most) {
    const block = Math.min(most, trials - done);
    for (const system of systems) await runBlock(rack, system, { ...turns, trials: block }, samples);
    console.error(`failover: ${done + block} of ${trials} trials`);
  }
}

async function runBlock(rack: Rack, system: FailoverSystem, turns: Turns, samples: Sample[]): Promise<void> {
  const names = system.cases.filter((name) => turns.only.has(name));
  if (names.length === 0) return;
  const running = await system.start(rack, turns.addresses);
  for (const name of names)
    for (let trial = 0; trial < turns.trials; trial++)
      for (const measured of (await cases[name]?.(rack, running)) ?? []) {
        samples.push({ ...measured, system: system.name });
        console.error(`failover: ${measured.case} of ${system.name}: ${measured.value.toFixed(1)} ${measured.unit}`);
      }
  await running.stop();
  await rack.client.flushNeighbors();
}
