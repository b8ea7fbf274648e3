import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { loadHttp } from "./http/load.ts";
import { shapes } from "./http/shapes.ts";
import { backend, hawserSystem, type HttpSystem, manifests, nginxSystem, type Running, start } from "./http/systems.ts";
import { foundTools, wrk } from "./http/tools.ts";
import { benchOptions, printBenchReport, type Sample } from "./report.ts";
import { memoryMb } from "./scale/writes.ts";

const ROUND_SECONDS = 3;
/** After its start, before anything is asked. */
const IDLE_MS = 8_000;

const compared = shapes.filter(({ name }) => name === "keepalive" || name === "new-connection");

/** Requests a second with one worker and with several, and what each worker takes of memory. */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "cores",
    trials: 5,
    help: `Rounds of each case (${ROUND_SECONDS} s of load each)`,
    numbers: { workers: { default: 2, most: 64, help: "Workers that are compared with one" } },
    texts: { program: "Program of the ingress that is measured, such as that of an image; default the sources" },
  });
  if (options === undefined) return 0;
  const { workers = 2 } = options.numbers;
  const { program } = options.texts;
  const of = (count: number): HttpSystem =>
    hawserSystem(`workers-${count}`, { manifests, options: [`--workers=${count}`], ...(program && { program }) });
  const systems = [of(1), of(workers)];
  const { versions, skipped } = foundTools([nginxSystem, wrk]);
  const samples: Sample[] = skipped.length > 0 ? [] : await measure(systems, options.trials);
  printBenchReport({
    bench: "cores",
    options,
    samples,
    ratios: [...compared.map(({ name }) => `rps-${name}`), "idle-memory"].map((name) => ({
      case: name,
      over: `workers-${workers}`,
      under: "workers-1",
    })),
    skipped,
    versions,
  });
  return skipped.length > 0 ? 1 : 0;
}

/** The proxy, its endpoint and the load share all cores: what the proxy gains is less than with a machine of its own. */
async function measure(systems: readonly HttpSystem[], trials: number): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-bench-"));
  const samples: Sample[] = [];
  try {
    await using stack = new AsyncDisposableStack();
    const endpoint = stack.use(await start(backend, { folder, pin: [], backendPort: 0 }));
    const running: Running[] = [];
    for (const system of systems)
      running.push(stack.use(await start(system, { folder, pin: [], backendPort: endpoint.port })));
    await delay(IDLE_MS);
    for (const { name, pid } of running)
      samples.push({ case: "idle-memory", system: name, unit: "MB", value: memoryMb(pid).rss });
    for (const shape of compared)
      for (let round = 0; round < trials; round++)
        for (const { name, port } of round % 2 === 0 ? running : running.toReversed()) {
          const { perSecond } = await loadHttp(port, shape, { seconds: ROUND_SECONDS, pin: [] });
          samples.push({ case: `rps-${shape.name}`, system: name, unit: "1/s", value: perSecond });
        }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return samples;
}
