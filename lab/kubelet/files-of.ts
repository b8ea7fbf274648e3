import type {
  V1ConfigMapProjection,
  V1DownwardAPIVolumeFile,
  V1KeyToPath,
  V1SecretProjection,
  V1SecretVolumeSource,
  V1ServiceAccountTokenProjection,
  V1Volume,
  V1VolumeProjection,
} from "@kubernetes/client-node";
import type { Objects } from "./objects.ts";
import type { PodFacts } from "./pod-facts.ts";

/** The files of a volume, by their path in it. */
export type Files = ReadonlyMap<string, Buffer>;

interface Source {
  readonly facts: PodFacts;
  readonly objects: Objects;
}

/** The files of a Secret, ConfigMap, downwardAPI or projected volume; undefined for other kinds. Rejects where one is missing. */
export async function filesOf(volume: V1Volume, source: Source): Promise<Files | undefined> {
  const { secret, configMap, downwardAPI, projected } = volume;
  if (secret !== undefined) return keysOf("secrets", withName(secret), source);
  if (configMap !== undefined) return keysOf("configmaps", configMap, source);
  if (downwardAPI !== undefined) return factFiles(downwardAPI.items, source);
  if (projected === undefined) return undefined;
  const parts = await Promise.all((projected.sources ?? []).map((one) => projectedFiles(one, source)));
  return new Map(parts.flatMap((files) => [...files]));
}

async function projectedFiles(part: V1VolumeProjection, source: Source): Promise<Files> {
  const { secret, configMap, downwardAPI, serviceAccountToken } = part;
  if (secret !== undefined) return keysOf("secrets", secret, source);
  if (configMap !== undefined) return keysOf("configmaps", configMap, source);
  if (downwardAPI !== undefined) return factFiles(downwardAPI.items, source);
  if (serviceAccountToken !== undefined) return tokenFile(serviceAccountToken, source);
  throw new Error(`a projected ${Object.keys(part).join()} is not played here`);
}

/** A volume names its Secret by another word than a projection. */
function withName({ secretName = "", items, optional = false }: V1SecretVolumeSource): V1SecretProjection {
  return { name: secretName, optional, ...(items === undefined ? {} : { items }) };
}

async function keysOf(
  resource: "secrets" | "configmaps",
  { name = "", items, optional }: V1SecretProjection | V1ConfigMapProjection,
  { objects }: Source,
): Promise<Files> {
  const data = await objects.data(resource, name);
  if (data === undefined && optional !== true) throw new Error(`there is no ${name} in ${resource}`);
  return data === undefined ? new Map() : chosen(data, items, name);
}

function chosen(data: Files, items: readonly V1KeyToPath[] | undefined, name: string): Files {
  if (items === undefined) return data;
  return new Map(
    items.map(({ key, path }) => {
      const bytes = data.get(key);
      if (bytes === undefined) throw new Error(`${name} has no key ${key}`);
      return [path, bytes];
    }),
  );
}

function factFiles(items: readonly V1DownwardAPIVolumeFile[] = [], { facts }: Source): Files {
  return new Map(items.map(({ path, fieldRef }) => [path, Buffer.from(facts.field(fieldRef?.fieldPath ?? ""))]));
}

async function tokenFile(
  { path, audience, expirationSeconds: seconds = 3_600 }: V1ServiceAccountTokenProjection,
  { facts, objects }: Source,
): Promise<Files> {
  const { name: pod, uid } = facts;
  const account = facts.field("spec.serviceAccountName") || "default";
  const token = await objects.token(account, { pod, uid, seconds, ...(audience === undefined ? {} : { audience }) });
  return new Map([[path, Buffer.from(token)]]);
}
