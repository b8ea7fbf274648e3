import { METALLB_KINDS } from "#src/model/kind.ts";
import { recordOf, textOf } from "#src/model/record.ts";
import { findMetallbProgram, type MetallbProgram } from "./metallb-program.ts";
import type { RawObject } from "./raw-object.ts";

/** The two ways in which MetalLB was configured: a ConfigMap up to version 0.12, custom resources from 0.13 on. */
export type MetallbEra = "config-map" | "custom-resources";

/** An installation of MetalLB, as far as its objects show it. */
export interface MetallbInstallation {
  readonly namespace: string;
  /** Undefined: nothing of it configures anything. */
  readonly era: MetallbEra | undefined;
  /** Of its custom resources that Hawser reads, the names by kind. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Of the kind AddressPool, which version 0.13 had beside IPAddressPool. */
  readonly addressPools: readonly RawObject[];
  /** Its ConfigMap, also where MetalLB no longer reads it; undefined where there is none. */
  readonly configMap: RawObject | undefined;
  readonly controller: MetallbProgram | undefined;
  readonly speaker: MetallbProgram | undefined;
  /** There is a ConfigMap that keeps its speakers off some interfaces. */
  readonly excludesInterfaces: boolean;
}

const POOL_KINDS = ["IPAddressPool", "AddressPool"];
const OLD_CONFIG = /^(?:address-pools|peers|bgp-communities|bfd-profiles)\s*:/m;

/** Finds what belongs to MetalLB. It is looked for in `wanted`, or where alone there is something of it. */
export function findMetallb(objects: readonly RawObject[], wanted: string): MetallbInstallation {
  const namespace = namespaceOf(objects, wanted);
  const own = objects.filter((one) => isIn(one, namespace));
  const resources = own.filter(isResource);
  const isCustom = resources.some(({ kind }) => POOL_KINDS.includes(kind));
  const controller = findMetallbProgram("controller", objects, namespace);
  const configMap = findConfigMap(own, controller?.flags.get("config") ?? "config");
  return {
    namespace,
    era: isCustom ? "custom-resources" : configMap === undefined ? undefined : "config-map",
    names: new Map(METALLB_KINDS.map((kind) => [kind, namesOf(resources, kind)])),
    addressPools: firstOfEach(resources.filter(({ kind }) => kind === "AddressPool")),
    configMap,
    controller,
    speaker: findMetallbProgram("speaker", objects, namespace),
    excludesInterfaces: own.some(({ kind, name }) => kind === "ConfigMap" && name.endsWith("excludel2")),
  };
}

function isResource({ apiVersion }: RawObject): boolean {
  return apiVersion.startsWith("metallb.io/");
}

function isIn({ namespace }: RawObject, wanted: string): boolean {
  return (namespace === "" ? "default" : namespace) === wanted;
}

function namespaceOf(objects: readonly RawObject[], wanted: string): string {
  const pools = objects.filter((one) => isResource(one) && POOL_KINDS.includes(one.kind));
  const found = new Set(pools.map(({ namespace }) => (namespace === "" ? "default" : namespace)));
  const [only] = found;
  return only !== undefined && found.size === 1 ? only : wanted;
}

function namesOf(resources: readonly RawObject[], kind: string): readonly string[] {
  return [...new Set(resources.filter((one) => one.kind === kind).map(({ name }) => name))].sort();
}

function firstOfEach(objects: readonly RawObject[]): readonly RawObject[] {
  return [...new Map(objects.toReversed().map((one) => [one.name, one])).values()].toReversed();
}

/** The ConfigMap of the name, or else the only one that says what MetalLB's does (Helm named it after the release). */
function findConfigMap(own: readonly RawObject[], name: string): RawObject | undefined {
  const candidates = own.filter(({ kind, fields }) => kind === "ConfigMap" && isOldConfig(fields["data"]));
  const found = candidates.find((one) => one.name === name);
  return found ?? (candidates.length === 1 ? candidates[0] : undefined);
}

function isOldConfig(data: unknown): boolean {
  return OLD_CONFIG.test(textOf(recordOf(data)["config"]));
}
