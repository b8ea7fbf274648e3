import { benchOptions, printBenchReport, type Sample } from "./report.ts";
import { measureLoop } from "./routes/measure-loop.ts";
import { measureProgram } from "./routes/measure-program.ts";

/** The smaller size, which shows how things grow. */
const FEW = 1_000;
/** Of these the growth is printed: how many times as much it is for all Ingresses. */
const GROWING = [
  "build",
  "new-ingress",
  "change-ingress",
  "change-endpoints",
  "change-policy",
  "start",
  "served",
  "rss",
  "metrics",
];

/** Many Ingresses with annotations: the time to build the route table, that of one change, and memory. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "routes",
    trials: 3,
    help: "Times that everything is built from nothing",
    numbers: {
      ingresses: { default: 10_000, most: 50_000, help: `Ingresses; if they are more, ${FEW} are measured too` },
    },
  });
  if (options === undefined) return 0;
  const { ingresses = 0 } = options.numbers;
  const sizes = [...(ingresses > FEW ? [FEW] : []), ingresses];
  const samples: Sample[] = [];
  for (const size of sizes)
    for (const hasPolicies of [false, true]) {
      for (let trial = 0; trial < options.trials; trial++) samples.push(...(await measureLoop(size, hasPolicies)));
      samples.push(...(await measureProgram(size, hasPolicies)));
      if (!options.json) console.error(`routes: ${size} Ingresses${hasPolicies ? " with policies" : ""} measured`);
    }
  printBenchReport({
    bench: "routes",
    options,
    samples,
    ratios: GROWING.flatMap((name) => [name, `${name}-policies`]).map((name) => ({
      case: name,
      over: `hawser-${ingresses}`,
      under: `hawser-${FEW}`,
    })),
    skipped: [],
    versions: {},
  });
  return 0;
}
