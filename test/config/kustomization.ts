import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";

export const config = fileURLToPath(new URL("../../config", import.meta.url));

/** An object of a manifest, as it stands there. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
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
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: Readonly<Record<string, unknown>>;
  }[];
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly {
    readonly target: { readonly kind: string; readonly name: string };
    readonly patch: string;
  }[];
}

/** The objects of a file of manifests. */
export function readManifests(file: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Manifest);
}

/** What `kubectl kustomize` makes of a folder, for the little that ours use: resources, and patches that add to a list. */
export function kustomize(folder: string): readonly Manifest[] {
  const { resources, patches = [] } = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as Kustomization;
  const objects = resources.flatMap((resource) =>
    resource.endsWith(".yaml") ? readManifests(join(folder, resource)) : kustomize(join(folder, resource)),
  );
  for (const { target, patch } of patches) {
    const object = objects.find(({ kind, metadata }) => kind === target.kind && metadata.name === target.name);
    for (const { op, path, value } of parse(patch) as { op: string; path: string; value: unknown }[]) {
      if (op !== "add" || !path.endsWith("/-")) throw new Error(`this patch is not understood: ${op} ${path}`);
      const steps = path.split("/").slice(1, -1);
      let list: unknown = object;
      for (const step of steps) list = (list as Record<string, unknown>)[step];
      (list as unknown[]).push(value);
    }
  }
  return objects;
}

/** The pods of a Deployment or DaemonSet; undefined for other kinds. */
export function podOf({ spec }: Manifest): PodSpec | undefined {
  return (spec as { readonly template?: { readonly spec: PodSpec } } | undefined)?.template?.spec;
}

/** `Role hawser-system/hawser-speaker`. */
export function nameOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
