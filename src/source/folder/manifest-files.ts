import { isDeepStrictEqual } from "node:util";
import { type ManifestOptions, parseManifests } from "#src/model/manifest.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { FilePlace } from "#src/model/problem-place.ts";
import { versionOf } from "./version-of.ts";

/** `Kind/namespace/name`: names an object among all kinds. */
export function idOf(ref: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${ref.kind}/${keyOf(ref)}`;
}

interface ManifestFile {
  /** Of its text. */
  readonly version: string;
  /** It holds what the text says, and nothing from before. */
  readonly isExact: boolean;
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Where each of them begins, if lines are kept. */
  readonly places: ReadonlyMap<string, FilePlace>;
  readonly problems: readonly Problem[];
}

const NOTHING: ManifestFile = { version: "", isExact: false, objects: new Map(), places: new Map(), problems: [] };

/** The objects of all manifest files. Holds what each file gave last; where two files hold one object, the first by path counts. */
export class ManifestFiles {
  readonly #files = new Map<string, ManifestFile>();
  readonly #holders = new Map<string, Set<string>>();
  readonly #options: ManifestOptions;

  constructor(options: ManifestOptions = {}) {
    this.#options = options;
  }

  /**
   * Takes in a file's text and returns the ids it touches. Objects that are missing now are kept while part of the file
   * cannot be read, and while the file is `young` (it may be half-written). Unchanged objects stay the same value. A text that says
   * what it said is not parsed again.
   */
  set(path: string, text: string, young: boolean): ReadonlySet<string> {
    const version = versionOf(text);
    const known = this.#files.get(path);
    if (known?.isExact === true && known.version === version) return new Set();
    const parsed = parseManifests(text, path, this.#options);
    const before = known?.objects ?? new Map<string, KubeObject>();
    const places = new Map<string, FilePlace>();
    const problems = [...parsed.problems];
    const objects = new Map<string, KubeObject>();
    for (const object of parsed.objects) {
      const id = idOf({ kind: object.kind, ...object.metadata });
      if (objects.has(id)) problems.push(duplicate(path, id, "this file holds it above already"));
      else {
        objects.set(id, kept(before.get(id), object));
        const place = this.#options.keepsLines === true ? parsed.places.get(object) : undefined;
        if (place !== undefined) places.set(id, place);
      }
    }
    const keepsMissing = young || parsed.problems.some(({ severity }) => severity === "error");
    const said = objects.size;
    if (keepsMissing) for (const [id, object] of before) if (!objects.has(id)) objects.set(id, object);
    return this.#replace(path, { version, isExact: objects.size === said, objects, places, problems });
  }

  /** Forgets a file. Returns the ids it held. */
  delete(path: string): ReadonlySet<string> {
    const ids = this.#replace(path, NOTHING);
    this.#files.delete(path);
    return ids;
  }

  /** The object that counts, as written; undefined when no file holds it. */
  get(id: string): KubeObject | undefined {
    const [first] = this.holders(id);
    return first === undefined ? undefined : this.#files.get(first)?.objects.get(id);
  }

  /** Where the object that counts is written; undefined where lines are not kept. */
  placeOf(id: string): FilePlace | undefined {
    const [first] = this.holders(id);
    return first === undefined ? undefined : this.#files.get(first)?.places.get(id);
  }

  /** The files that hold an object, in the order of their paths. */
  holders(id: string): readonly string[] {
    return [...(this.#holders.get(id) ?? [])].sort();
  }

  /** All that is wrong with a file now, including objects that another file holds. */
  problems(path: string): readonly Problem[] {
    const file = this.#files.get(path);
    if (file === undefined) return [];
    const doubles = [...file.objects.keys()].flatMap((id) => {
      const [first] = this.holders(id);
      return first === undefined || first === path ? [] : [duplicate(path, id, `${first} holds it already`)];
    });
    return [...file.problems, ...doubles];
  }

  #replace(path: string, next: ManifestFile): ReadonlySet<string> {
    const before = this.#files.get(path)?.objects ?? new Map<string, KubeObject>();
    this.#files.set(path, next);
    const touched = new Set([...before.keys(), ...next.objects.keys()]);
    for (const id of touched) {
      const holders = this.#holders.get(id) ?? new Set();
      if (next.objects.has(id)) holders.add(path);
      else holders.delete(path);
      if (holders.size === 0) this.#holders.delete(id);
      else this.#holders.set(id, holders);
    }
    return touched;
  }
}

function kept(before: KubeObject | undefined, now: KubeObject): KubeObject {
  return before !== undefined && isDeepStrictEqual(before, now) ? before : now;
}

function duplicate(path: string, id: string, why: string): Problem {
  return {
    code: "MANIFEST_DUPLICATE",
    at: { kind: "copy", file: path, id },
    what: "Cannot use this object",
    why,
    fix: "Remove one of the two",
    severity: "error",
  };
}
