import type { ObjectRef } from "#src/model/object.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Source } from "#src/source/source.ts";
import { eventOf } from "#src/status/event-record.ts";

/** What an Event says of an Ingress of our class. */
export interface IngressNotice {
  readonly namespace: string;
  readonly name: string;
  readonly reason: Extract<Reason, "NotServed" | "PathTaken" | "CertificateUnusable">;
  readonly problem: Problem;
}

/** Records one Event for each Ingress and reason, and another one when something else is wrong with it. */
export class IngressEvents {
  readonly #source: Pick<Source, "record">;
  /** The message recorded last, by Ingress and reason. */
  readonly #recorded = new Map<string, string>();

  constructor(source: Pick<Source, "record">) {
    this.#source = source;
  }

  /** Takes everything that is wrong now; of one Ingress and reason the first counts. */
  record(notices: Iterable<IngressNotice>): void {
    const present = new Map<string, IngressNotice>();
    for (const notice of notices) {
      const key = `${notice.namespace}/${notice.name} ${notice.reason}`;
      if (!present.has(key)) present.set(key, notice);
    }
    for (const key of this.#recorded.keys()) if (!present.has(key)) this.#recorded.delete(key);
    for (const [key, { namespace, name, reason, problem }] of present) {
      const message = printProblem(problem);
      if (this.#recorded.get(key) === message) continue;
      this.#recorded.set(key, message);
      const about: ObjectRef = { kind: "Ingress", namespace, name };
      this.#source.record(eventOf(about, { reason, message }));
    }
  }
}
