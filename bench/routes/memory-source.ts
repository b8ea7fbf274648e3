import type { Kind } from "#src/model/kind.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import { SOLE_LEADER } from "#src/source/leadership.ts";
import { readApiObject } from "#src/source/kubernetes/read/read-api-object.ts";
import type { Source, SourceListener } from "#src/source/source.ts";
import type { RoutedManifest } from "./routed-manifests.ts";

const NONE: ReadonlyMap<string, KubeObject> = new Map();

/** Objects in memory, as the API server would give them: nothing is read, and nothing written. */
export class MemorySource implements Source {
  readonly #objects = new Map<Kind, Map<string, KubeObject>>();
  #listener: SourceListener | undefined;

  /** Puts an object in place of the one of its name, and says so. */
  put(manifest: RoutedManifest): void {
    const object = readApiObject(manifest.kind as Kind, manifest, (problems) => {
      throw new Error(JSON.stringify(problems));
    });
    if (object === undefined) throw new Error(`cannot read ${manifest.kind} ${manifest.metadata.name}`);
    const { kind, metadata } = object;
    const ofKind = this.#objects.get(kind) ?? new Map<string, KubeObject>();
    this.#objects.set(kind, ofKind.set(keyOf(metadata), object));
    this.#listener?.onChange([{ kind, namespace: metadata.namespace, name: metadata.name }]);
  }

  open(kinds: readonly Kind[], listener: SourceListener): Promise<void> {
    this.#listener = listener;
    const refs = kinds.flatMap((kind) =>
      [...this.list(kind).values()].map(({ metadata: { namespace, name } }) => ({ kind, namespace, name })),
    );
    listener.onChange(refs);
    return Promise.resolve();
  }

  list(kind: Kind): ReadonlyMap<string, KubeObject> {
    return this.#objects.get(kind) ?? NONE;
  }

  get(kind: Kind, key: string): KubeObject | undefined {
    return this.#objects.get(kind)?.get(key);
  }

  has(): boolean {
    return true;
  }

  follow(): Promise<void> {
    return Promise.resolve();
  }

  patch(): Promise<"unchanged"> {
    return Promise.resolve("unchanged");
  }

  create(): Promise<"exists"> {
    return Promise.resolve("exists");
  }

  record(): void {
    // No program reads Events here.
  }

  report(): Promise<void> {
    return Promise.resolve();
  }

  reports(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return new Map();
  }

  lead() {
    return SOLE_LEADER;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
