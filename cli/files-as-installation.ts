import { METALLB_KINDS } from "#src/model/kind.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { wallMs } from "#src/process/clock.ts";
import type { ServiceClass } from "#src/model/service-class.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import type { CheckedFile } from "./check-files.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import { readManifests } from "./read-manifests.ts";

/** Which installation the files are read for. */
interface FilesFor extends ServiceClass {
  readonly namespace: string;
  /** `namespace/name`. */
  readonly configMap: string;
  readonly metallbNamespace: string;
}

interface InstallationOfFiles {
  readonly input: StatusInput;
  readonly placeOf: PlaceOfObject;
}

/** Files of manifests as an installation in which no program has run yet. Of several objects of one name the first counts. */
export function filesAsInstallation(files: readonly CheckedFile[], about: FilesFor): InstallationOfFiles {
  const { objects, problems, placeOf } = readManifests(files);
  const of = (kind: string): readonly KubeObject[] => objects.filter((object) => object.kind === kind);
  const namespaces = of("Namespace");
  const input: StatusInput = {
    nowMs: wallMs(),
    ...about,
    configMaps: of("ConfigMap").filter(({ metadata }) => keyOf(metadata) === about.configMap),
    resources: METALLB_KINDS.flatMap(of),
    services: of("Service"),
    nodes: of("Node"),
    // Labels of none are known where the files have none.
    ...(namespaces.length === 0 ? {} : { namespaces }),
    slices: undefined,
    processes: [],
    reports: new Map(),
    members: new Map(),
    leases: "none",
    events: [],
    problems,
  };
  return { input, placeOf };
}
