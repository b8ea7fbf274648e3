import { buildCluster, kubernetesVersion, whyNoBuild } from "#lab/cluster/build-cluster.ts";
import { buildMetallb } from "#lab/metallb/build-metallb.ts";
import { Rack } from "#lab/rack/rack.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";
import { hawser } from "./scale/hawser.ts";
import { metallb } from "./scale/metallb.ts";
import { AT_ONCE, runTrial } from "./scale/trial.ts";
import { MOST_NODE_OBJECTS, ScaleWorld } from "./scale/world.ts";

/** Their ratio to MetalLB's is printed; less than 1 is better. */
const COMPARED = ["reply-idle", "reply-storm", "assigned", "restart-serves", "restart-writes", "writes"];

/** Builds what is run, outside of the namespaces; returns what those inside have to know. Throws if there is no Kubernetes. */
export async function prepare(): Promise<Readonly<Record<string, string>>> {
  const say = (line: string): void => console.error(`scale: ${line}`);
  const reason = whyNoBuild();
  if (reason !== undefined) throw new Error(`no Kubernetes can be had here: ${reason}`);
  await buildCluster(say);
  try {
    await buildMetallb(say);
    return {};
  } catch (error) {
    return { HAWSER_NO_METALLB: (error as Error).message };
  }
}

/** A cluster of many Services and Nodes: how fast addresses come, what that costs, and what a restart does. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "scale",
    trials: 1,
    help: "Whole runs, each on clusters of its own",
    numbers: {
      services: { default: 10_000, most: 50_000, help: "Services that are created at once" },
      nodes: { default: 100, most: MOST_NODE_OBJECTS, help: "Nodes the API server knows; one of them runs a speaker" },
    },
    texts: {
      programs: "Folder with the programs as they are shipped (cli/main.js); default the sources",
      only: "What runs, of floor, hawser and metallb, with commas; default all",
    },
  });
  if (options === undefined) return 0;
  const { services = 0, nodes = 0 } = options.numbers;
  const systems = [hawser(options.texts["programs"]), metallb];
  const only = options.texts["only"]?.split(",") ?? ["floor", "hawser", "metallb"];
  const able = systems.filter((system) => only.includes(system.name) && system.whyNot() === undefined);
  await using rack = await Rack.build({ nodes: 1 });
  const samples: Sample[] = [];
  for (let trial = 0; trial < options.trials; trial++) {
    if (only.includes("floor")) samples.push(...(await floor(rack, nodes, services)));
    for (const system of able) {
      await using world = await ScaleWorld.start(rack, nodes);
      samples.push(...(await runTrial(world, system, services)));
    }
  }
  printBenchReport({
    bench: "scale",
    options,
    samples,
    ratios: [
      { case: "assigned", over: "hawser", under: "floor" },
      { case: "created", over: "hawser", under: "floor" },
      ...COMPARED.map((name) => ({ case: name, over: "hawser", under: "metallb" })),
    ],
    skipped: systems.flatMap((system) => {
      const why = system.whyNot();
      return why === undefined ? [] : [{ system: system.name, package: undefined, why }];
    }),
    versions: {
      kubernetes: kubernetesVersion(),
      ...Object.fromEntries(able.map((system) => [system.name, system.version()])),
    },
  });
  return 0;
}

/** What the API server itself needs: for the Services alone, and with the least that has to be written to each. */
async function floor(rack: Rack, nodes: number, services: number): Promise<readonly Sample[]> {
  await using world = await ScaleWorld.start(rack, nodes);
  await world.makeNamespace("bench-floor");
  console.error(`scale: floor: ${services} Services without a load balancer`);
  const alone = await world.load({
    task: "services",
    namespace: "bench",
    prefix: "s",
    count: services,
    atOnce: AT_ONCE,
  });
  const order = { task: "floor", namespace: "bench-floor", prefix: "s", count: services, atOnce: AT_ONCE } as const;
  const written = await world.load(order);
  return [
    { case: "created", system: "floor", unit: "s", value: alone.createdS },
    { case: "assigned", system: "floor", unit: "s", value: written.createdS },
  ];
}
