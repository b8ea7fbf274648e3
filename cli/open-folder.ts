import { METALLB_KINDS } from "#src/model/kind.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Fields } from "#src/model/record.ts";
import { readSpeakerReport } from "#src/model/speaker-report.ts";
import { wallMs } from "#src/process/clock.ts";
import { ALIVE_FOR_MS, readAlive } from "#src/source/folder/alive-files.ts";
import { readEvents } from "#src/source/folder/event-file.ts";
import { configMapRef } from "#src/source/source-options.ts";
import type { SpeakerProcess } from "#src/view/speaker-process.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import { openManifests } from "./open-manifests.ts";
import { type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";

export interface OpenFolderOptions extends ServiceClass {
  readonly manifests: string;
  readonly namespace: string;
  readonly configMap: string;
  readonly metallbNamespace: string;
}

/** A folder of manifests that is looked at, as often as wanted, until it is closed. */
export interface OpenFolder {
  look(): Promise<ExplainInput>;
  readonly placeOf: PlaceOfObject;
  close(): Promise<void>;
}

/** Opens a folder; a text says why it cannot be read. */
export async function openFolder(options: OpenFolderOptions): Promise<OpenFolder | string> {
  const { manifests, namespace, metallbNamespace } = options;
  const configMap = keyOf(configMapRef(options));
  const kinds = ["ConfigMap", "Service", "EndpointSlice", "Node", "Namespace", "Ingress", ...METALLB_KINDS] as const;
  const opened = await openManifests(manifests, kinds);
  if (typeof opened === "string") return opened;
  const { source } = opened;
  const isConfig = ({ metadata }: KubeObject): boolean => keyOf(metadata) === configMap;
  return {
    look: async () => ({
      nowMs: wallMs(),
      namespace,
      configMap,
      ...serviceClassOf(options),
      metallbNamespace,
      resources: METALLB_KINDS.flatMap((kind) => [...source.list(kind).values()]),
      configMaps: [...source.list("ConfigMap").values()].filter(isConfig),
      otherConfigMaps: [...source.list("ConfigMap").values()].filter((one) => !isConfig(one)),
      services: [...source.list("Service").values()],
      nodes: [...source.list("Node").values()],
      namespaces: [...source.list("Namespace").values()],
      slices: [...source.list("EndpointSlice").values()],
      ingresses: [...source.list("Ingress").values()],
      processes: processesOf(source.reports(), await readAlive(manifests)),
      reports: source.reports(),
      members: source.reports("member"),
      history: source.reports("history"),
      leases: "none",
      events: await readEvents(manifests),
      problems: opened.problems(),
    }),
    placeOf: (object) => source.placeOf(object),
    close: async () => source.close(),
  };
}

/** The processes behind reports, by their signs of life; none where no program shows any. */
function processesOf(
  reports: ReadonlyMap<string, Fields>,
  alive: ReadonlyMap<string, number>,
): readonly SpeakerProcess[] {
  if (alive.size === 0) return [];
  return [...reports].flatMap(([name, report]) => {
    const node = readSpeakerReport(name, report)?.node;
    const isRunning = wallMs() - (alive.get(name) ?? 0) < ALIVE_FOR_MS;
    const waitsFor = isRunning ? "" : "no sign of life";
    return node === undefined ? [] : [{ node, isRunning, isReady: isRunning, waitsFor, runsSinceMs: undefined }];
  });
}
