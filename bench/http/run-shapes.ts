import type { Sample } from "#bench/report.ts";
import { loadHttp, type Shape } from "./load.ts";
import { measureLoad } from "./measure-load.ts";
import { backend, type HttpSystem, type Running, start } from "./systems.ts";

export const ROUND_SECONDS = 2;
const WARM_UP_SECONDS = 2;

/** Where and how often is measured. */
export interface RunOptions {
  readonly rounds: number;
  readonly folder: string;
  /** What runs a command on the core of the proxy; on that of the rest. */
  readonly proxyPin: readonly string[];
  readonly loadPin: readonly string[];
  readonly say: (line: string) => void;
}

/**
 * CPU of a request, requests a second and the time of all but 1 % for each of these shapes at each system. `label` tells the folders
 * of several runs apart.
 */
export async function runShapes(
  label: string,
  systems: readonly HttpSystem[],
  chosen: readonly Shape[],
  { rounds, folder, proxyPin, loadPin, say }: RunOptions,
): Promise<readonly Sample[]> {
  if (chosen.length === 0) return [];
  await using stack = new AsyncDisposableStack();
  const endpoint = stack.use(await start(backend, { folder, pin: loadPin, backendPort: 0, name: `${label}-backend` }));
  const running: Running[] = [];
  for (const system of systems)
    running.push(
      stack.use(
        await start(system, { folder, pin: proxyPin, backendPort: endpoint.port, name: `${label}-${system.name}` }),
      ),
    );
  const samples: Sample[] = [];
  for (const shape of chosen) {
    // Of each shape: what is compiled while it runs would be counted as its price.
    for (const { port, securePort } of running)
      await loadHttp(shape.isSecure === true ? securePort : port, shape, {
        seconds: shape.warmUpSeconds ?? WARM_UP_SECONDS,
        pin: loadPin,
      });
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? running : running.toReversed();
      for (const system of order) samples.push(...(await measure(system, shape, loadPin)));
      say(`${shape.name}, round ${round + 1} of ${rounds}`);
    }
  }
  return samples;
}

async function measure(running: Running, shape: Shape, pin: readonly string[]): Promise<readonly Sample[]> {
  const { name: system } = running;
  const { cpuUs, perSecond, p99Ms } = await measureLoad(running, shape, { seconds: ROUND_SECONDS, pin });
  return [
    { case: `cpu-${shape.name}`, system, unit: "us", value: cpuUs },
    { case: `rps-${shape.name}`, system, unit: "1/s", value: perSecond },
    { case: `p99-${shape.name}`, system, unit: "ms", value: p99Ms },
  ];
}
