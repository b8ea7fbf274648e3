import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";

export const config = fileURLToPath(new URL("../../config", import.meta.url));

/** An object of a manifest, as it is written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A pod's specification, as far as tests look at it. */
export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly priorityClassName?: string;
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly readinessProbe?: { readonly httpGet: { readonly host?: string } };
  }[];
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly {
    readonly target: { readonly kind?: string; readonly name?: string; readonly labelSelector?: string };
    readonly patch: string;
  }[];
}

/** The objects of a file of manifests. */
export function readManifests(file: string): readonly Manifest[] {
  return manifestsIn(readFileSync(file, "utf8"));
}

/** The objects of a text of manifests. */
export function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What `kubectl kustomize` makes of a folder, for the little that ours use: resources, and patches that add to a list or a map. */
export function kustomize(folder: string): readonly Manifest[] {
  const { resources, patches = [] } = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as Kustomization;
  const objects = resources.flatMap((resource) =>
    resource.endsWith(".yaml") ? readManifests(join(folder, resource)) : kustomize(join(folder, resource)),
  );
  for (const { target, patch } of patches) {
    for (const { op, path, value } of parse(patch) as { op: string; path: string; value: unknown }[]) {
      if (op !== "add") throw new Error(`this patch is not understood: ${op} ${path}`);
      for (const object of objects.filter((one) => isTarget(one, target))) add(object, path, value);
    }
  }
  return objects;
}

type Target = NonNullable<Kustomization["patches"]>[number]["target"];

function isTarget({ kind, metadata }: Manifest, target: Target): boolean {
  const [label = "", value] = target.labelSelector?.split("=") ?? [];
  return (
    (target.kind ?? kind) === kind &&
    (target.name ?? metadata.name) === metadata.name &&
    (label === "" || metadata.labels?.[label] === value)
  );
}

/** JSON patch (RFC 6902) of the operation "add": `-` at the end of a path is the end of a list. */
function add(object: Manifest, path: string, value: unknown): void {
  const steps = path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = steps.pop() ?? "";
  let place: unknown = object;
  for (const step of steps) place = (place as Record<string, unknown>)[step];
  if (last === "-") (place as unknown[]).push(value);
  else (place as Record<string, unknown>)[last] = value;
}

/** The pods of a Deployment or DaemonSet; undefined for other kinds. */
export function podOf({ spec }: Manifest): PodSpec | undefined {
  return (spec as { readonly template?: { readonly spec: PodSpec } } | undefined)?.template?.spec;
}

/** `Role hawser-system/hawser-speaker`. */
export function nameOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
