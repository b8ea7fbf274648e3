import { kubernetesVersion } from "#lab/cluster-build.ts";
import { Rack } from "#lab/rack.ts";
import { benchOptions, printReport, type Sample } from "./report.ts";
import { hawser } from "./scale/hawser.ts";
import { AT_ONCE, runTrial } from "./scale/trial.ts";
import { MOST_NODES, World } from "./scale/world.ts";

/** A cluster of many Services and Nodes: how fast addresses come, what that costs, and what a restart does. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "scale",
    trials: 1,
    help: "Whole runs, each on clusters of its own",
    numbers: {
      services: { default: 10_000, most: 50_000, help: "Services that are created at once" },
      nodes: { default: 100, most: MOST_NODES, help: "Nodes the API server knows; one of them runs a speaker" },
    },
    texts: { programs: "Folder with the programs as they are shipped (cli/main.js); default the sources" },
  });
  if (options === undefined) return 0;
  const { services = 0, nodes = 0 } = options.numbers;
  const systems = [hawser(options.texts["programs"])];
  const able = systems.filter((system) => system.whyNot() === undefined);
  await using rack = await Rack.build({ nodes: 1 });
  const samples: Sample[] = [];
  for (let trial = 0; trial < options.trials; trial++) {
    samples.push(...(await floor(rack, nodes, services)));
    for (const system of able) {
      await using world = await World.start(rack, nodes);
      samples.push(...(await runTrial(world, system, services)));
    }
  }
  printReport({
    bench: "scale",
    options,
    samples,
    ratios: [
      { case: "assigned", over: "hawser", under: "floor" },
      { case: "created", over: "hawser", under: "floor" },
    ],
    skipped: [],
    versions: { kubernetes: kubernetesVersion() },
  });
  return 0;
}

/** What the API server itself needs: for the Services alone, and with the least that has to be written to each. */
async function floor(rack: Rack, nodes: number, services: number): Promise<readonly Sample[]> {
  await using world = await World.start(rack, nodes);
  await world.makeNamespace("bench-floor");
  console.error(`scale: floor: ${services} Services without a load balancer`);
  const alone = await world.load({ task: "services", namespace: "bench", prefix: "s", count: services, atOnce: AT_ONCE });
  const order = { task: "floor", namespace: "bench-floor", prefix: "s", count: services, atOnce: AT_ONCE } as const;
  const written = await world.load(order);
  return [
    { case: "created", system: "floor", unit: "s", value: alone.createdS },
    { case: "assigned", system: "floor", unit: "s", value: written.createdS },
  ];
}
