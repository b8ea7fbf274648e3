import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { identityOf } from "./read-api-object.ts";
import type { Reflector } from "./reflector.ts";

/** One object that is followed by its name. */
export class FollowedObject {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Its watch; undefined: it is looked at in turn. */
  reflector: Reflector<KubeObject> | undefined;
  /** As it was seen last; undefined: there is none, or it could not be read yet. */
  value: KubeObject | undefined;
  /** When it changed last, or was named first: grows from change to change. */
  changed: number;
  /** Failures in a row of looks without a watch. */
  failures = 0;
  /** Why it cannot be seen now. */
  problem: Problem | undefined;
  isAnswered = false;
  readonly #answered = Promise.withResolvers<void>();

  constructor(key: string, changed: number) {
    const slash = key.indexOf("/");
    this.key = key;
    this.namespace = slash === -1 ? "" : key.slice(0, slash);
    this.name = key.slice(slash + 1);
    this.changed = changed;
  }

  /** Resolves when it was read once, with whatever outcome. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  answer(): void {
    this.isAnswered = true;
    this.#answered.resolve();
  }

  /** Whether a value is another version than the one that is known. */
  differs(value: KubeObject | undefined): boolean {
    const [before, after] = [identityOf(this.value), identityOf(value)];
    return before?.uid !== after?.uid || before?.resourceVersion !== after?.resourceVersion;
  }
}
