import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import type { PolicyReason } from "#src/model/policies/policy-reason.ts";
import { printProblem } from "#src/model/problem.ts";
import type { Logger } from "#src/process/log.ts";
import type { PolicyVerdict } from "#src/routing/ingress/judge-policy.ts";
import type { Source } from "#src/source/source.ts";
import { type ConditionValue, conditionsPatch } from "#src/status/condition.ts";
import { writeAll } from "#src/status/write-all.ts";
import { StatusPacing } from "./status-pacing.ts";

/** The condition on an HTTPPolicy (`status.conditions[].type`): True where all that it says is in use. */
const ACCEPTED = "Accepted";
const PATCHES_AT_ONCE = 4;
/** Bytes of a message are at most 32 KiB (metav1.Condition); people read less. */
const MAX_MESSAGE = 1_024;

interface PolicyStatusesOptions {
  readonly source: Pick<Source, "get" | "patch">;
  readonly log: Logger;
  /** Asked before each write. */
  readonly mayWrite: () => boolean;
  /** Milliseconds that never go back. */
  readonly nowMs: () => number;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Writes into the status of each policy what becomes of it, where it does not say so already. */
export class PolicyStatuses {
  readonly #options: PolicyStatusesOptions;
  readonly #pacing = new StatusPacing();
  writes = 0;

  constructor(options: PolicyStatusesOptions) {
    this.#options = options;
  }

  /** Returns in how many milliseconds what could not be written has to be looked at again, one for each. */
  async write(verdicts: ReadonlyMap<string, PolicyVerdict>): Promise<readonly number[]> {
    const { source, mayWrite, nowMs, wallMs } = this.#options;
    this.#pacing.prune((key) => verdicts.has(key));
    const changes = Array.from(verdicts).flatMap(([key, verdict]) => {
      const object = source.get("HTTPPolicy", key);
      // What is judged is what was read: another version is judged again.
      if (object === undefined || object.metadata.generation !== verdict.policy.generation) return [];
      const value = conditionOfVerdict(verdict);
      const status = conditionsPatch(object, { [ACCEPTED]: value }, wallMs());
      return Object.keys(status).length === 0 ? [] : [{ key, object, value, status }];
    });
    const waits: number[] = [];
    await writeAll(changes, {
      atOnce: PATCHES_AT_ONCE,
      goOn: mayWrite,
      write: async ({ key, object, value, status }) => {
        const waitMs = this.#pacing.waitMs(key, value, nowMs());
        if (waitMs > 0) waits.push(waitMs);
        else {
          this.#pacing.attempt(key, value, nowMs());
          if (!(await this.#patch(key, object, status))) waits.push(this.#pacing.waitMs(key, value, nowMs()));
        }
      },
    });
    return waits;
  }

  /** False: it has to be looked at again. */
  async #patch(key: string, object: KubeObject, status: Readonly<Record<string, unknown>>): Promise<boolean> {
    const { source, log } = this.#options;
    const { namespace, name } = object.metadata;
    const ref: ObjectRef = { kind: "HTTPPolicy", namespace, name };
    try {
      const result = await source.patch(ref, { status });
      if (result === "written") this.writes += 1;
      return result !== "conflict";
    } catch (err) {
      log.warn({ policy: key, err }, "cannot write the status of an HTTPPolicy, will try again");
      return false;
    }
  }
}

function conditionOfVerdict({ policy, reason, problem }: PolicyVerdict): ConditionValue<PolicyReason> {
  const { generation } = policy;
  return {
    status: problem === undefined && reason === "Accepted" ? "True" : "False",
    reason,
    message: problem === undefined ? "It is in use for all its targets." : printProblem(problem).slice(0, MAX_MESSAGE),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
}
