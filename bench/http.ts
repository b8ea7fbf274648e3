import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { chosen } from "./chosen.ts";
import { FILTER_CASE_NAMES } from "./http/all-filters.ts";
import { runFilterCases } from "./http/run-filter-cases.ts";
import { IDLE_CASES, measureIdle } from "./http/measure-idle.ts";
import { routedSystems } from "./http/routed-systems.ts";
import type { Shape } from "./http/load.ts";
import { ROUND_SECONDS, runShapes } from "./http/run-shapes.ts";
import { routedShapes, shapes } from "./http/shapes.ts";
import { backend, systemsWith } from "./http/systems.ts";
import { foundTools, wrk } from "./http/tools.ts";
import { benchOptions, printBenchReport, type Report, type Sample } from "./report.ts";

const OPPONENTS = ["nginx", "haproxy", "caddy", "against"];

/**
 * CPU of a request and requests a second, ours beside nginx, HAProxy and Caddy, one core for the proxy, one for the rest; memory of
 * idle connections; and the price of each filter.
 */
export async function main(args: readonly string[]): Promise<number> {
  const options = benchOptions(args, {
    name: "http",
    trials: 5,
    help: `Rounds of each case (${ROUND_SECONDS} s of load each, 1 s for filters)`,
    texts: {
      only: "Cases that are measured, with commas: shapes of load (keepalive), idle connections (idle), filters (filter-cors), or all of a kind (shapes, filters); default all",
      systems: "What runs, of hawser, against, nginx, haproxy and caddy, with commas; default all that is there",
      against: "Folder with other sources of Hawser, which run beside the present ones as `against` (shapes alone)",
    },
  });
  if (options === undefined) return 0;
  const { only, systems: named, against } = options.texts;
  const shapeNames = [...shapes, ...routedShapes].map(({ name }) => name);
  const cases = chosen([...shapeNames, ...IDLE_CASES, ...FILTER_CASE_NAMES], only, {
    option: "only",
    groups: { shapes: shapeNames, filters: FILTER_CASE_NAMES },
  });
  const all = systemsWith(against);
  const chosenSystems = chosen(
    all.map(({ name }) => name),
    named,
    { option: "systems" },
  );
  const systems = all.filter(({ name }) => chosenSystems.has(name));
  const { versions, skipped: absent } = foundTools([
    ...systems,
    { ...backend, name: "backend" },
    wrk,
    { name: "h2load", package: "nghttp2-client", versionCommand: ["h2load", "--version"] },
  ]);
  const skipped = [...absent];
  const able = systems.filter(({ name }) => versions[name] !== undefined);
  const canRun = versions["backend"] !== undefined && versions["wrk"] !== undefined;
  const hasH2load = versions["h2load"] !== undefined;
  const samples: Sample[] = [];
  if (canRun) {
    const [proxyPin, loadPin] = pins();
    const folder = mkdtempSync(join(tmpdir(), "hawser-bench-"));
    const say = (line: string): void => void (options.json || console.error(`http: ${line}`));
    try {
      const of = { rounds: options.trials, folder, proxyPin, loadPin, say };
      const wanted = ({ name, streams }: Shape): boolean => cases.has(name) && (streams === undefined || hasH2load);
      samples.push(...(await runShapes("one", able, shapes.filter(wanted), of)));
      const routed = routedSystems().filter(({ name }) => able.some((one) => one.name === name));
      samples.push(...(await runShapes("routed", routed, routedShapes.filter(wanted), of)));
      samples.push(...(await measureIdle(able, cases, of)));
      const filters = await runFilterCases(new Set(able.map(({ name }) => name)), cases, of);
      samples.push(...filters.samples);
      skipped.push(...filters.skipped);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  printBenchReport({
    bench: "http",
    options,
    samples,
    ratios: ratiosOf(samples),
    skipped,
    versions: Object.fromEntries(Object.entries(versions).filter(([name]) => name !== "hawser" && name !== "against")),
  });
  return canRun ? 0 : 1;
}

/** What runs a command on one core alone: the proxy's, and that of all else. */
function pins(): readonly [readonly string[], readonly string[]] {
  const pin = (core: number): readonly string[] => (availableParallelism() > 1 ? ["taskset", "-c", `${core}`] : []);
  return [pin(0), pin(1)];
}

/** Above 1: ours is better. */
function ratiosOf(samples: readonly Sample[]): Report["ratios"] {
  const names = [...new Set(samples.map((sample) => sample.case))];
  return names
    .filter((name) => !name.startsWith("price-"))
    .flatMap((name) =>
      OPPONENTS.map((opponent) =>
        name.startsWith("rps-")
          ? { case: name, over: "hawser", under: opponent }
          : { case: name, over: opponent, under: "hawser" },
      ),
    );
}
