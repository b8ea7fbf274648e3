import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cpuSeconds } from "./cpu-seconds.ts";
import { loadHttp, type Shape } from "./http/load.ts";
import { backend, type Running, start, systems, versionOf } from "./http/systems.ts";
import { type BenchOptions, benchOptions, printBenchReport, type Sample } from "./report.ts";

const SECONDS = 2;
const WARM_UP_SECONDS = 1;
/** After a run the sockets of the last one are still being closed. */
const SETTLE_MS = 100;

const shapes: readonly Shape[] = [
  { name: "keepalive", path: "/", connections: 64, headers: [] },
  { name: "new-connection", path: "/", connections: 64, headers: ["Connection: close"] },
  { name: "large", path: "/large", connections: 16, headers: [] },
];

/** CPU of a request and requests a second, ours beside nginx and HAProxy, one core for the proxy, one for the rest. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "http",
    trials: 5,
    help: `Rounds of each case (${SECONDS} s of load each)`,
  });
  if (options === undefined) return 0;
  const tools = [
    ...systems,
    { ...backend, name: "backend" },
    { name: "wrk", package: "wrk", versionCommand: ["sh", "-c", "wrk -v; true"] },
  ];
  const versions = Object.fromEntries(tools.map((tool) => [tool.name, versionOf({ ...backend, ...tool })]));
  const skipped = tools.filter(({ name }) => versions[name] === undefined);
  const canRun = versions["backend"] !== undefined && versions["wrk"] !== undefined;
  const samples = canRun ? await measureAll(options, new Set(skipped.map(({ name }) => name))) : [];
  const opponents = ["nginx", "haproxy"];
  printBenchReport({
    bench: "http",
    options,
    samples,
    ratios: shapes.flatMap(({ name }) =>
      opponents.flatMap((opponent) => [
        // Above 1: ours is better, in both.
        { case: `cpu-${name}`, over: opponent, under: "hawser" },
        { case: `rps-${name}`, over: "hawser", under: opponent },
      ]),
    ),
    skipped: skipped.map(({ name, package: brings }) => ({ system: name, package: brings })),
    versions: Object.fromEntries(
      Object.entries(versions).flatMap(([name, text]) =>
        name === "hawser" || text === undefined ? [] : [[name, text]],
      ),
    ),
  });
  return canRun ? 0 : 1;
}

async function measureAll({ trials, json }: BenchOptions, missing: ReadonlySet<string>): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-bench-"));
  try {
    await using stack = new AsyncDisposableStack();
    const [proxyPin, loadPin] =
      availableParallelism() > 1
        ? [
            ["taskset", "-c", "0"],
            ["taskset", "-c", "1"],
          ]
        : [[], []];
    const endpoint = stack.use(await start(backend, { folder, pin: loadPin, backendPort: 0 }));
    const running: Running[] = [];
    for (const system of systems.filter(({ name }) => !missing.has(name)))
      running.push(stack.use(await start(system, { folder, pin: proxyPin, backendPort: endpoint.port })));
    for (const { port } of running) await loadHttp(port, shapes[0]!, { seconds: WARM_UP_SECONDS, pin: loadPin });
    const samples: Sample[] = [];
    for (const shape of shapes) {
      for (let round = 0; round < trials; round++) {
        const order = round % 2 === 0 ? running : running.toReversed();
        for (const system of order) samples.push(...(await measure(system, shape, loadPin)));
        if (!json) console.error(`http: ${shape.name}, round ${round + 1} of ${trials}`);
      }
    }
    return samples;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  { name: system, port, pid }: Running,
  shape: Shape,
  pin: readonly string[],
): Promise<readonly Sample[]> {
  const before = cpuSeconds(pid);
  const { requests, perSecond } = await loadHttp(port, shape, { seconds: SECONDS, pin });
  const cpu = cpuSeconds(pid) - before;
  await delay(SETTLE_MS);
  return [
    { case: `cpu-${shape.name}`, system, unit: "us", value: (cpu * 1e6) / requests },
    { case: `rps-${shape.name}`, system, unit: "1/s", value: perSecond },
  ];
}
