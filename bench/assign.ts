import { AssignmentPlanner } from "#src/assignment/planner.ts";
import { AssignedCluster, checkPlan, manyRanges, poolOf, type PlanShape } from "./assign/assigned-cluster.ts";
import { explain } from "#src/view/explain.ts";
import { explainInput, explainSubject } from "./assign/explain-input.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";

/** Sizes that are measured where `--services` is not below them. */
const SIZES = [1_000, 10_000, 50_000];
/** One after the other until this many Services were created, edited and deleted. */
const CHANGES = 250;

const SHAPES: readonly PlanShape[] = [
  { suffix: "", pools: [poolOf("p", ["10.0.0.0/15"])], service: () => ({}) },
  { suffix: "-ipv6-64", pools: [poolOf("p", ["2001:db8::/64"])], service: () => ({ families: ["ipv6"] }) },
  { suffix: "-10000-ranges", pools: [poolOf("p", manyRanges(10_000, 8))], service: () => ({}) },
  {
    suffix: "-1000-pools",
    pools: manyRanges(1_000, 128).map((range, at) => poolOf(`p${at}`, [range])),
    service: () => ({}),
  },
  {
    suffix: "-shared",
    pools: [poolOf("p", manyRanges(10_000, 8))],
    service: (number) => ({ sharingKey: `k${number % 1_000}` }),
  },
];

/** The time of planning alone: one changed Service among many, and all of them. No cluster, no writes. */
export async function main(args: readonly string[]): Promise<number> {
  const services = {
    default: 50_000,
    most: 100_000,
    help: `Services; smaller of ${SIZES.join(", ")} are measured too`,
  };
  const options = benchOptions(args, {
    name: "assign",
    trials: 5,
    help: "Full plans of each case",
    numbers: { services },
  });
  if (options === undefined) return 0;
  const { services: most = services.default } = options.numbers;
  const sizes = [most, ...SIZES.filter((size) => size < most).reverse()];
  const samples: Sample[] = [];
  for (const shape of SHAPES)
    for (const size of sizes) {
      samples.push(...measure(shape, size, options.trials));
      console.error(`assign: ${size} Services${shape.suffix} measured`);
    }
  for (const size of sizes) {
    samples.push(...measureExplain(size, options.trials));
    console.error(`assign: explain with ${size} Services measured`);
  }
  const planned = SHAPES.flatMap(({ suffix }) => [`one-change${suffix}`, `full${suffix}`, `full-new${suffix}`]);
  printBenchReport({
    bench: "assign",
    options,
    samples,
    ratios: [...planned, "explain"].map((name) => ({ case: name, over: systemOf(most), under: systemOf(10_000) })),
    skipped: [],
    versions: {},
  });
  return 0;
}

function systemOf(size: number): string {
  return `hawser-${size}`;
}

function measure(shape: PlanShape, size: number, trials: number): readonly Sample[] {
  const { suffix } = shape;
  const samples: Sample[] = [];
  const timed = <T>(name: string, work: () => T): T => {
    const startedMs = performance.now();
    const result = work();
    const value = performance.now() - startedMs;
    samples.push({ case: `${name}${suffix}`, system: systemOf(size), unit: "ms", value });
    return result;
  };
  const cluster = new AssignedCluster(shape);
  for (let number = 0; number < size; number++) cluster.put(number);
  let planner = new AssignmentPlanner();
  for (let trial = 0; trial < trials; trial++) {
    planner = new AssignmentPlanner();
    const { snapshot } = cluster;
    timed("full-new", () => planner.plan(snapshot, []));
  }
  checkPlan(planner, suffix === "-shared");
  cluster.writeAll(planner);
  for (let trial = 0; trial < trials; trial++) {
    planner = new AssignmentPlanner();
    const { snapshot } = cluster;
    timed("full", () => planner.plan(snapshot, []));
  }
  changeEach(cluster, size, (key) => {
    const { snapshot } = cluster;
    timed("one-change", () => planner.plan(snapshot, [key]));
    return planner;
  });
  checkPlan(planner, suffix === "-shared");
  return samples;
}

/** What `hawser explain` takes for one Service once it has read a cluster of that size. */
function measureExplain(size: number, trials: number): readonly Sample[] {
  const input = explainInput(size);
  return Array.from({ length: trials }, (_, trial) => {
    const subject = explainSubject(Math.floor((size * (trial + 1)) / (trials + 1)));
    const startedMs = performance.now();
    const explained = explain(input, subject);
    const value = performance.now() - startedMs;
    const bad = explained.ok ? explained.explanation.steps.filter(({ verdict }) => verdict === "bad") : [explained];
    if (bad.length > 0) throw new Error(`${subject} is served: ${JSON.stringify(bad)}`);
    return { case: "explain", system: systemOf(size), unit: "ms", value };
  });
}

/** Creates Services one by one, sees their statuses written, edits their ports and deletes older ones. */
function changeEach(cluster: AssignedCluster, size: number, plan: (key: string) => AssignmentPlanner): void {
  for (let change = 0; change < CHANGES; change++) {
    const key = cluster.put(size + change);
    const planner = plan(key);
    plan(cluster.write(key, planner));
    plan(cluster.put(size + change, 443));
    plan(cluster.write(key, planner));
    plan(cluster.remove((change * 37) % size));
  }
}
