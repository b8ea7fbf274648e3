import type { Ingress } from "#src/model/ingress.ts";
import type { Kind } from "#src/model/kind.ts";
import type { ObjectRef } from "#src/model/object.ts";
import type { PolicyReason } from "#src/model/policies/policy-reason.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import type { Reason } from "#src/model/reason.ts";
import type { Source } from "#src/source/source.ts";
import { eventOf } from "#src/status/event-record.ts";

/** What an Event says of an Ingress of our class, or of a policy for one. */
export interface IngressNotice {
  readonly kind: Extract<Kind, "Ingress" | "HTTPPolicy">;
  readonly namespace: string;
  readonly name: string;
  readonly reason: Extract<Reason, "NotServed" | "PathTaken" | "CertificateUnusable"> | PolicyReason;
  readonly problem: Problem;
}

/** The notice of an Ingress. */
export function ingressNotice(
  { namespace, name }: Pick<Ingress, "namespace" | "name">,
  reason: IngressNotice["reason"],
  problem: Problem,
): IngressNotice {
  return { kind: "Ingress", namespace, name, reason, problem };
}

/** Records one Event for each object and reason, and another one when something else is wrong with it. */
export class IngressEvents {
  readonly #source: Pick<Source, "record">;
  /** The message recorded last, by object and reason. */
  readonly #recorded = new Map<string, string>();

  constructor(source: Pick<Source, "record">) {
    this.#source = source;
  }

  /** Takes everything that is wrong now; of one object and reason the first counts. */
  record(notices: Iterable<IngressNotice>): void {
    const present = new Map<string, IngressNotice>();
    for (const notice of notices) {
      const key = `${notice.kind} ${notice.namespace}/${notice.name} ${notice.reason}`;
      if (!present.has(key)) present.set(key, notice);
    }
    for (const key of this.#recorded.keys()) if (!present.has(key)) this.#recorded.delete(key);
    for (const [key, { kind, namespace, name, reason, problem }] of present) {
      const message = printProblem(problem);
      if (this.#recorded.get(key) === message) continue;
      this.#recorded.set(key, message);
      const about: ObjectRef = { kind, namespace, name };
      this.#source.record(eventOf(about, { reason, message }));
    }
  }
}
