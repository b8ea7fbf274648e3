import type { ObjectRef } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Source } from "#src/source/source.ts";

/** An Ingress of our class that is not served as written, and the first thing that is wrong with it. */
export interface UnservedIngress {
  readonly namespace: string;
  readonly name: string;
  readonly problem: Problem;
}

/** Records one Event for each Ingress that is not served as written, and another one when something else is wrong with it. */
export class UnservedEvents {
  readonly #source: Pick<Source, "record">;
  /** What was said last, by key. */
  readonly #said = new Map<string, string>();

  constructor(source: Pick<Source, "record">) {
    this.#source = source;
  }

  /** Takes all of them, by key. */
  say(unserved: ReadonlyMap<string, UnservedIngress>): void {
    for (const key of this.#said.keys()) if (!unserved.has(key)) this.#said.delete(key);
    for (const [key, { namespace, name, problem }] of unserved) {
      const message = printProblem(problem);
      if (this.#said.get(key) === message) continue;
      this.#said.set(key, message);
      const about: ObjectRef = { kind: "Ingress", namespace, name };
      this.#source.record({ about, type: "Warning", reason: "NotServed" satisfies Reason, message });
    }
  }
}
