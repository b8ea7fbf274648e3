import { METALLB_KINDS } from "#src/model/kind.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type FilePlace, printObjectName } from "#src/model/problem-place.ts";
import { wallMs } from "#src/process/clock.ts";
import type { ServiceClass } from "#src/model/service-class.ts";
import type { StatusInput } from "#src/view/status-input.ts";
import { type CheckedFile, unreadableFile } from "./check-files.ts";
import { nameOf } from "./check-result.ts";
import type { PlaceOfObject } from "./finding-of.ts";

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
  const problems: Problem[] = [];
  const objects = new Map<string, KubeObject>();
  const places = new Map<string, FilePlace>();
  for (const { path, text, fault } of files) {
    if (text === undefined) {
      problems.push(unreadableFile(path, fault ?? "it does not exist"));
      continue;
    }
    const parsed = parseManifests(text, path, { keepsLines: true });
    problems.push(...parsed.problems);
    for (const [object, place] of parsed.places) if (!places.has(nameOf(object))) places.set(nameOf(object), place);
    for (const object of parsed.objects) {
      if (!objects.has(nameOf(object))) objects.set(nameOf(object), object);
    }
  }
  const of = (kind: string): readonly KubeObject[] => [...objects.values()].filter((object) => object.kind === kind);
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
  return { input, placeOf: (object) => places.get(printObjectName(object)) };
}
