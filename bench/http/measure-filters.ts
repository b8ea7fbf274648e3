import type { Sample } from "#bench/report.ts";
import { type FilterCase, hostOfCase } from "./filter-case.ts";
import type { Shape } from "./load.ts";
import { measureLoad } from "./measure-load.ts";
import { probe } from "./probe.ts";
import type { Running } from "./systems.ts";

/** Load of each run; there are many of them, and the first is not counted. */
const SECONDS = 1;
const CONNECTIONS = 64;

/** One case at one system. */
interface Turn {
  readonly one: FilterCase;
  readonly running: Running;
  readonly shape: Shape;
}

/**
 * CPU of a request for each case at each system, in turns: each round has all of them once, every other one in the opposite order.
 * Throws where an answer is not that of the filter.
 */
export async function measureFilters(
  pairs: readonly { readonly one: FilterCase; readonly running: Running }[],
  { rounds, pin, say }: { rounds: number; pin: readonly string[]; say: (line: string) => void },
): Promise<readonly Sample[]> {
  const turns: Turn[] = [];
  for (const { one, running } of pairs) turns.push({ one, running, shape: await shapeOf(one, running) });
  const samples: Sample[] = [];
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? turns : turns.toReversed();
    const found = new Map<string, number>();
    for (const { one, running, shape } of order) {
      const { cpuUs } = await measureLoad(running, shape, { seconds: SECONDS, pin });
      found.set(keyOf(one.name, running.name), cpuUs);
    }
    if (round > 0) samples.push(...turns.flatMap((turn) => samplesOf(turn, found)));
    say(round === 0 ? "warm-up" : `round ${round} of ${rounds}`);
  }
  return samples;
}

/** Its CPU, and what of it the filter costs: the difference to what it is compared with, in the same round at the same system. */
function samplesOf({ one, running }: Turn, found: ReadonlyMap<string, number>): readonly Sample[] {
  const { name: system } = running;
  const value = found.get(keyOf(one.name, system));
  if (value === undefined) return [];
  const cpu = { case: `cpu-filter-${one.name}`, system, unit: "us", value };
  const base = found.get(keyOf(baseOf(one), system));
  if (base === undefined || baseOf(one) === one.name) return [cpu];
  return [cpu, { case: `price-filter-${one.name}`, system, unit: "us", value: value - base }];
}

/** The name of the case that another one is compared with; of those without a filter their own. */
export function baseOf({ name, base = "bare" }: FilterCase): string {
  return name.startsWith("bare") ? name : base;
}

function keyOf(name: string, system: string): string {
  return `${name} ${system}`;
}

/** What is asked, after the first answer was looked at. */
async function shapeOf(one: FilterCase, running: Running): Promise<Shape> {
  const { request, isSecure = false } = one;
  const host = hostOfCase(one);
  const { method = "GET", target = "/", headers = [], body, eachHeader } = request;
  const port = isSecure ? running.securePort : running.port;
  const first = eachHeader?.().slice(0, 1) ?? [];
  const asked = { method, target, headers: [`Host: ${host}`, ...headers, ...first], body };
  const answer = await probe({ port, isSecure, host }, asked);
  const value = request.answered && answer.headers[request.answered[0]];
  const isDone = request.answered === undefined || value?.startsWith(request.answered[1]) === true;
  if (answer.status !== request.status || !isDone)
    throw new Error(`${running.name} answers ${one.name} with ${answer.status} and ${JSON.stringify(answer.headers)}`);
  const cookie = request.keepsCookie === true ? [`Cookie: ${answer.cookie}`] : [];
  return {
    name: one.name,
    path: target,
    connections: CONNECTIONS,
    headers: [`Host: ${host}`, ...headers, ...cookie],
    method,
    ...(body !== undefined && { body }),
    ...(eachHeader && { eachHeader }),
    ...(isSecure && { isSecure }),
  };
}
