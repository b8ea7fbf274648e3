import type { Kind } from "#src/model/kind.ts";
import { keyOf, type KubeObject, type ObjectRef } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";

/** One object that is not as it was; undefined: there is none, or it cannot be used. */
export interface Change<T> {
  readonly key: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

export interface ParsedObjectsOptions<T> {
  /** The object of a key as it is now: `Source.get`. */
  get(key: string): KubeObject | undefined;
  parse(object: KubeObject): Parsed<T>;
  /** Gets what is wrong with an object whenever it was read, an empty list if nothing is. */
  onProblems(key: string, problems: readonly Problem[]): void;
  /** After a version that cannot be used the value of the one before stays, until the object goes. Default false. */
  readonly keepLastGood?: boolean;
}

/**
 * The objects of one kind, each read once for each version of it. Only those that are marked are looked at: the work for
 * a change does not grow with their number.
 */
export class ParsedObjects<T> {
  readonly #options: ParsedObjectsOptions<T>;
  readonly #seen = new Map<string, { readonly object: KubeObject | undefined; readonly value: T | undefined }>();
  readonly #marked = new Set<string>();

  constructor(options: ParsedObjectsOptions<T>) {
    this.#options = options;
  }

  get(key: string): T | undefined {
    return this.#seen.get(key)?.value;
  }

  *values(): Generator<T> {
    for (const { value } of this.#seen.values()) if (value !== undefined) yield value;
  }

  /** Says that an object may have changed, or gone. */
  mark(key: string): void {
    this.#marked.add(key);
  }

  /** Says that all objects are to be read again, because what they are read with changed. */
  readAgain(): void {
    for (const [key, { value }] of this.#seen) {
      this.#seen.set(key, { object: undefined, value });
      this.#marked.add(key);
    }
  }

  /** Looks at what is marked: reads what is new (compared by identity), forgets what is gone, and reports both. */
  update(): readonly Change<T>[] {
    const changes: Change<T>[] = [];
    for (const key of this.#marked) {
      // Before it is read: what makes reading fail is not tried forever.
      this.#marked.delete(key);
      const change = this.#look(key);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #look(key: string): Change<T> | undefined {
    const { get, parse, onProblems, keepLastGood = false } = this.#options;
    const object = get(key);
    const seen = this.#seen.get(key);
    if (object === undefined ? seen === undefined : object === seen?.object) return undefined;
    if (object === undefined) {
      this.#seen.delete(key);
      onProblems(key, []);
      return { key, before: seen?.value, after: undefined };
    }
    const parsed = readOne(object, parse);
    onProblems(key, parsed.problems);
    const value = parsed.ok ? parsed.value : keepLastGood || parsed.hasFault === true ? seen?.value : undefined;
    this.#seen.set(key, { object, value });
    return { key, before: seen?.value, after: value };
  }
}

/** What is read of an object. A fault of ours with one keeps none of the others from being read: who writes it is not who needs those. */
function readOne<T>(
  object: KubeObject,
  parse: (object: KubeObject) => Parsed<T>,
): Parsed<T> & { readonly hasFault?: true } {
  try {
    return parse(object);
  } catch (error) {
    const problem: Problem = {
      code: "OBJECT_NOT_READ",
      at: objectAt(object.kind, keyOf(object.metadata)),
      what: "Cannot read this object",
      why: `Hawser has a fault: ${String(error).slice(0, 200)}`,
      fix: "Report it with the object. Until then what the object said before stays in use",
      severity: "error",
    };
    return { ok: false, problems: [problem], hasFault: true };
  }
}

/** The objects of several kinds. */
export type ParsedKinds = Readonly<Partial<Record<Kind, Pick<ParsedObjects<unknown>, "mark">>>>;

/** Marks objects that a source reported (`SourceListener.onChange`), each with those of its kind. */
export function markChanged(kinds: ParsedKinds, changed: readonly ObjectRef[]): void {
  for (const ref of changed) kinds[ref.kind]?.mark(keyOf(ref));
}
