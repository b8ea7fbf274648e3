import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { wallMs } from "#src/process/clock.ts";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import type { RoutesInput } from "#src/view/routes-input.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import { faultOfFolder } from "./open-folder.ts";

/** What the options of the ingress say. */
export type IngressScope = Pick<
  RoutesInput,
  "scope" | "compat" | "redirectsToHttps" | "defaultSecret" | "defaultService" | "servesExternalNames"
>;

/** What a folder of manifests says of Ingresses, read once; a text says why it cannot be read. */
export async function ingressesOfFolder(
  directory: string,
  about: IngressScope,
): Promise<{ readonly input: RoutesInput; readonly placeOf: PlaceOfObject } | string> {
  const fault = await faultOfFolder(directory);
  if (fault !== undefined) return fault;
  const log = createLogger({ component: "cli", level: "warn", to: "stderr" });
  const source = openFolderSource({ directory, log, keepsLines: true });
  const problems = new Map<string, readonly Problem[]>();
  await source.open(["Ingress", "IngressClass", "Service", "EndpointSlice", "Secret"], {
    onChange: () => undefined,
    onProblems: (where, found) => problems.set(where, found),
  });
  const secrets = new Map([...source.list("Secret").values()].map((one) => [keyOf(one.metadata), one]));
  const of = (kind: "Ingress" | "IngressClass" | "Service" | "EndpointSlice"): readonly KubeObject[] => [
    ...source.list(kind).values(),
  ];
  const input: RoutesInput = {
    nowMs: wallMs(),
    ...about,
    ingresses: of("Ingress"),
    classes: of("IngressClass"),
    services: of("Service"),
    slices: of("EndpointSlice"),
    secretOf: (key) => secrets.get(key),
    problems: [...problems.values()].flat(),
  };
  await source.close();
  return { input, placeOf: (object) => source.placeOf(object) };
}
