import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Report, Sample } from "#bench/report.ts";
import { allFilters } from "./all-filters.ts";
import type { FilterCase } from "./filter-case.ts";
import { ENDPOINT_ADDRESSES, hawserWithFilters, nginxWithFilters } from "./hawser-with-filters.ts";
import { addLocalRoute } from "./local-route.ts";
import { baseOf, measureFilters } from "./measure-filters.ts";
import type { RunOptions } from "./run-shapes.ts";
import { backendAt, type Running, start } from "./systems.ts";

/** CPU of a request with each of these filters (`filter-NAME`) and without, at Hawser and, where it has the same, at nginx. */
export async function runFilterCases(
  systems: ReadonlySet<string>,
  names: ReadonlySet<string>,
  { rounds, folder: parent, proxyPin, loadPin, say }: RunOptions,
): Promise<{ readonly samples: readonly Sample[]; readonly skipped: Report["skipped"] }> {
  const wanted = allFilters("").filter(({ name }) => names.has(`filter-${name}`));
  if (wanted.length === 0) return { samples: [], skipped: [] };
  const folder = join(parent, "filters");
  mkdirSync(folder);
  await using stack = new AsyncDisposableStack();
  const route = wanted.some(({ needsService }) => needsService) ? addLocalRoute() : undefined;
  if (route !== undefined) stack.use(route);
  const backend = backendAt([...ENDPOINT_ADDRESSES, ...(route === undefined ? [] : [route.address])]);
  const { port } = stack.use(await start(backend, { folder, pin: loadPin, backendPort: 0 }));
  const known = allFilters(`http://${route?.address}:${port}`);
  const cases = withBases(known, wanted).filter(({ needsService }) => needsService !== true || route !== undefined);
  const pairs: { readonly one: FilterCase; readonly running: Running }[] = [];
  const at = { folder, pin: proxyPin, backendPort: port };
  if (systems.has("hawser")) {
    for (const [index, group] of byOptions(cases).entries()) {
      const all = withBases(known, group);
      const system = hawserWithFilters(`hawser-${index}`, all, group[0]?.options ?? []);
      const running = { ...stack.use(await start(system, at)), name: index === 0 ? "hawser" : `hawser-${index}` };
      pairs.push(...all.map((one) => ({ one, running })));
    }
  }
  if (systems.has("nginx")) {
    const running = stack.use(await start(nginxWithFilters(cases), at));
    pairs.push(...cases.filter(({ nginx }) => nginx !== undefined).map((one) => ({ one, running })));
  }
  const samples = await measureFilters(pairs, { rounds, pin: loadPin, say: (line) => say(`filters, ${line}`) });
  const why = "198.18.0.1 cannot be routed to this machine here (ip route add local)";
  const lacking = wanted.filter(({ needsService }) => needsService === true && route === undefined);
  return {
    samples,
    skipped: lacking.map(({ name }) => ({ system: `filter-${name}`, package: undefined, why })),
  };
}

/** With what they are compared with. */
function withBases(known: readonly FilterCase[], cases: readonly FilterCase[]): readonly FilterCase[] {
  const names = new Set(cases.flatMap((one) => [one.name, baseOf(one)]));
  return known.filter(({ name }) => names.has(name));
}

/** Those that one process can serve, first the ones without options of their own. */
function byOptions(cases: readonly FilterCase[]): readonly (readonly FilterCase[])[] {
  const groups = Map.groupBy(cases, ({ options = [] }) => options.join(" "));
  return [...groups].sort(([left], [right]) => left.length - right.length).map(([, group]) => group);
}
