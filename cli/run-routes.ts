import { withPlacePrinted } from "#src/model/problem.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { type RoutesView, viewRoutes } from "#src/view/view-routes.ts";
import { withFiles } from "./finding-of.ts";
import { ingressLookOptions } from "./ingress-look-options.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { printRoutes } from "./print-routes.ts";
import { seeIngresses } from "./see-ingresses.ts";

/** Its options. */
export const routesOptions = {
  host: { kind: "string", placeholder: "HOST", help: "Only the rules that have the requests for this host" },
  ...ingressLookOptions,
  ...outputOptions("one object with routes and problems"),
} as const satisfies OptionSpecs;

const command = "hawser routes";
const about = `Shows the route table that the ingress makes of the Ingresses of a cluster, or of a folder of manifests: each host and path with its
Ingress, the Service that has its requests, endpoints that are ready, the certificate of the host, the settings that apply, and what
closes a path. docs/routes.md explains each column.

The options about classes, redirects and the default certificate are those that the ingress runs with.
Exit code: 0 when the table could be made; 1 when Ingresses, Services or EndpointSlices could not be read; 2 for wrong options.`;

/** Runs `hawser routes`. Resolves with the exit code. */
export async function runRoutes(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(routesOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const looked = await seeIngresses(read.values, { command, io });
  if (!looked.ok) return looked.code;
  const { seen, placeOf } = looked;
  const view = withFiles(viewRoutes(seen, read.values.host?.toLowerCase()), placeOf);
  const output = {
    documents: () => [asJson(view)],
    text: (isWide: boolean) => printRoutes(view, isWide),
    names: () =>
      objectsByKey(
        "Ingress",
        (view.routes ?? []).map(({ ingress }) => ingress),
      ),
  };
  io.stdout.write(printOutput(formOf(read.values), output));
  const { ingresses, services, slices } = seen.input;
  return [ingresses, services, slices].includes(undefined) ? 1 : 0;
}

/** Routes that cannot be known are null. */
function asJson({ routes, problems }: RoutesView): unknown {
  return { routes: routes ?? null, problems: problems.map(withPlacePrinted) };
}
