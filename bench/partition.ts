import { setTimeout as sleep } from "node:timers/promises";
import { mostOwners, untilOneOwner } from "#lab/probes/asked-round.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { OwnerWatch } from "#lab/probes/owner-watch.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";
import { chosen } from "./chosen.ts";
import { runningHawser } from "./failover/hawser.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

/** For so long paths are broken: longer than all that a speaker decides by silence. */
const BROKEN_MS = 2_000;
/** What clients see while claims are being settled is not counted: until then two may answer. */
const SETTLED_MS = 500;

interface Broken {
  readonly rack: Rack;
  readonly owner: Host;
  /** The one that would take the owner's addresses over, or might. */
  readonly other: Host;
  readonly others: readonly Host[];
}

/** What breaks between the nodes, by name; the client reaches all of them. */
const cases: Readonly<Record<string, (broken: Broken) => Promise<unknown>>> = {
  pairwise: ({ rack, owner, other }) => rack.partition([owner], [other]),
  "one-way": ({ rack, owner, other }) => rack.oneWay(owner, other),
  unheard: async ({ rack, owner, others }) => {
    for (const other of others) await rack.oneWay(owner, other);
  },
  split: ({ rack, owner, others }) => rack.partition([owner], others),
};

/** How many nodes a client finds that answer for one address while paths between nodes are broken, and for how long after that. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "partition",
    trials: 10,
    help: "Trials of each case",
    numbers: { nodes: { default: 4, most: 100, help: "Nodes of the rack, each with a speaker" } },
    texts: { only: `Cases, with commas: ${Object.keys(cases).join(", ")}` },
  });
  if (options === undefined) return 0;
  const only = chosen(Object.keys(cases), options.texts["only"], { option: "only" });
  await using rack = await Rack.build({ nodes: options.numbers["nodes"] ?? 4 });
  await startEcho(rack);
  const running = runningHawser(await RackInstallation.start({ rack, directory: writeEchoManifests(rack) }));
  const samples: Sample[] = [];
  for (let trial = 0; trial < options.trials; trial++) {
    for (const [name, breakPaths] of Object.entries(cases)) {
      if (!only.has(name)) continue;
      const owner = await running.untilSteady(echo.ipv4);
      const others = rack.nodes.filter((node) => node !== owner);
      const other = others.find(({ name: node }) => node !== "n3");
      if (other === undefined) throw new RangeError("there is no second node that may announce the address");
      samples.push(...(await measure({ name, rack, breakPaths: () => breakPaths({ rack, owner, other, others }) })));
    }
    console.error(`partition: ${trial + 1} of ${options.trials} trials`);
  }
  await running.stop();
  printBenchReport({ bench: "partition", options, samples, ratios: [], skipped: [], versions: {} });
  return 0;
}

async function measure({
  name,
  rack,
  breakPaths,
}: {
  readonly name: string;
  readonly rack: Rack;
  breakPaths(): Promise<unknown>;
}): Promise<readonly Sample[]> {
  const watch = await OwnerWatch.start(rack.client, echo.ipv4);
  await watch.untilCalm(process.hrtime.bigint());
  const startNs = process.hrtime.bigint();
  await breakPaths();
  await sleep(BROKEN_MS);
  const { issuedNs, effectiveNs } = await rack.heal();
  await watch.untilCalm(effectiveNs);
  const rounds = await watch.stop();
  const broken = rounds.filter(({ askedNs }) => askedNs < issuedNs);
  const healedMs = untilOneOwner(rounds, effectiveNs);
  if (healedMs === undefined) throw new Error("more than one node answers, or none, long after all paths were whole");
  const settledNs = startNs + BigInt(SETTLED_MS) * 1_000_000n;
  const of = { case: name, system: "hawser" };
  return [
    { ...of, unit: "ms", value: healedMs },
    { ...of, case: `${name}-owners`, unit: "owners", value: mostOwners(broken, settledNs) },
    { ...of, case: `${name}-without`, unit: "questions", value: rounds.filter(({ macs }) => macs.length === 0).length },
  ];
}
