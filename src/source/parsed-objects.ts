import type { KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";

/** One object that is not as it was; undefined: there is none, or it cannot be used. */
export interface Change<T> {
  readonly key: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

export interface ParsedObjectsOptions<T> {
  parse(object: KubeObject): Parsed<T>;
  /** Gets what is wrong with an object whenever it was read, an empty list if nothing is. */
  onProblems(key: string, problems: readonly Problem[]): void;
  /** After a version that cannot be used the value of the one before stays, until the object goes. Default false. */
  readonly keepLastGood?: boolean;
}

/** The objects of one kind, each read once for each version of it. */
export class ParsedObjects<T> {
  readonly #options: ParsedObjectsOptions<T>;
  readonly #seen = new Map<string, { readonly object: KubeObject; readonly value: T | undefined }>();
  #list: ReadonlyMap<string, KubeObject> | undefined;

  constructor(options: ParsedObjectsOptions<T>) {
    this.#options = options;
  }

  get(key: string): T | undefined {
    return this.#seen.get(key)?.value;
  }

  *values(): Generator<T> {
    for (const { value } of this.#seen.values()) if (value !== undefined) yield value;
  }

  /** Reads what is new in a list (compared by identity), forgets what is gone, and tells both. */
  update(list: ReadonlyMap<string, KubeObject>): readonly Change<T>[] {
    if (list === this.#list) return [];
    this.#list = list;
    const changes: Change<T>[] = [];
    for (const [key, object] of list) {
      const seen = this.#seen.get(key);
      if (seen?.object === object) continue;
      const parsed = this.#options.parse(object);
      this.#options.onProblems(key, parsed.problems);
      const value = parsed.ok ? parsed.value : this.#options.keepLastGood === true ? seen?.value : undefined;
      this.#seen.set(key, { object, value });
      changes.push({ key, before: seen?.value, after: value });
    }
    for (const [key, { value }] of this.#seen) {
      if (list.has(key)) continue;
      this.#seen.delete(key);
      this.#options.onProblems(key, []);
      changes.push({ key, before: value, after: undefined });
    }
    return changes;
  }
}
