import { keyOf } from "#src/model/object.ts";
import { withPlacePrinted } from "#src/model/problem.ts";
import type { NamedObject } from "#src/model/problem-place.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { type PoolsView, viewPools } from "#src/view/view-pools.ts";
import { withFiles } from "./finding-of.ts";
import { lookOptions } from "./look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { printPools } from "./print-pools.ts";
import { isPlanBlind, seeInstallation } from "./see-installation.ts";

/** Its options. */
export const poolsOptions = {
  ...lookOptions("Count"),
  ...outputOptions("one object with pools and problems"),
} as const satisfies OptionSpecs;

const command = "hawser pools";
const about = `Shows how full the pools of the Hawser in a cluster are, or in a folder of manifests: for each pool and address family the
addresses that may be assigned (SIZE), those in use by the controller's plan (USED) and free, those that no pool contains any longer and that were assigned from a
pool of this name (ORPHANED), the free ones that are kept for the Services that had them or are assigned last (RESTING, "?" where the history
cannot be read), and those of its ranges that are never assigned (EXCLUDED). (gone) counts the orphaned addresses of
pools that no longer exist.

Exit code: 0 when the pools and Services could be read; 1 when they could not, when there is no configuration, or Hawser is not in
the namespace; 2 for wrong options.`;

/** Runs `hawser pools`. Resolves with the exit code. */
export async function runPools(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(poolsOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) return seen.code;
  const view = withFiles(viewPools(seen.input), seen.placeOf);
  const output = {
    documents: () => [asJson(view)],
    text: (isWide: boolean) => printPools(view, isWide),
    names: () => (view.pools ?? []).flatMap(({ pool }) => originOf(pool, seen.input)),
  };
  io.stdout.write(printOutput(formOf(options), output));
  return isPlanBlind(seen.input) || view.pools === undefined || view.isMissing ? 1 : 0;
}

/** Pools that cannot be known are null. */
function asJson({ pools, problems }: PoolsView): unknown {
  return { pools: pools ?? null, problems: problems.map(withPlacePrinted) };
}

/** The object that has a pool: its IPAddressPool, otherwise the ConfigMap. None has a pool that is gone. */
function originOf(pool: string, { resources = [], configMap }: ExplainInput): readonly NamedObject[] {
  if (pool === "") return [];
  const own = resources.find(({ kind, metadata }) => kind === "IPAddressPool" && metadata.name === pool);
  return own === undefined ? objectsByKey("ConfigMap", [configMap]) : objectsByKey(own.kind, [keyOf(own.metadata)]);
}
