import type { Configuration } from "#src/model/configuration.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type ConfigurationObjects, ConfigurationReader } from "./configuration-reader.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import type { ResourceObjects } from "./resource-reader.ts";

/** What is read once of both places. */
interface ReadConfiguration {
  /** Undefined where there is none, or none that can be used. */
  readonly configuration: Configuration | undefined;
  readonly problems: readonly Problem[];
  /** Whether something in it is not what the objects say now. */
  readonly isStale: boolean;
}

/**
 * Reads the configuration once, as a program does that just started: from the ConfigMap and from objects of metallb.io.
 * With `before` as one that read those objects first: what cannot be used leaves its last good version in use.
 */
export function readConfiguration(
  configMap: KubeObject | undefined,
  resources: readonly KubeObject[],
  metallbNamespace: string,
  before?: ConfigurationObjects,
): ReadConfiguration {
  const reader = new ConfigurationReader(metallbNamespace);
  const first = before && reader.read(before);
  const news = reader.read({ configMap, resources: resourcesByKind(resources) });
  // What did not change is as the first reading said.
  const reading = news?.configMap ?? first?.configMap;
  const ofMap = reading === undefined || reading.kind === "gone" ? [] : reading.problems;
  const problems = [...ofMap, ...((news ?? first)?.resources ?? [])];
  return { configuration: reader.configuration, problems, isStale: reader.isStale };
}

/** Objects of metallb.io by kind; those of other kinds are left out. */
export function resourcesByKind(objects: readonly KubeObject[]): ResourceObjects {
  const of = METALLB_KINDS.map((kind) => {
    const ofKind = objects.filter((object) => object.kind === kind);
    return [kind, new Map(ofKind.map((object) => [keyOf(object.metadata), object]))];
  });
  return Object.fromEntries(of) as ResourceObjects;
}
