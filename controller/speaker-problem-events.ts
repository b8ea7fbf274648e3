import { printProblem, type Problem } from "#src/model/problem.ts";
import { printPlace } from "#src/model/problem-place.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import { type EventRecord, eventOf } from "#src/status/event-record.ts";
import { Patience } from "./patience.ts";

/** A Problem that has lasted so long gets its Event: two speakers that start together do not hear each other at first. */
const GRACE_MS = 10_000;

/** Of one code so many Events in a minute: one node that dies or one firewall makes as many Problems as there are speakers. */
const EVENTS_PER_MINUTE = 4;
const MINUTE_MS = 60_000;

/** Those that all speakers report, and that the Service itself says. */
const OF_SERVICES: ReadonlySet<ProblemCode> = new Set(["SERVICE_ADDRESS_FORBIDDEN"]);

/** A Problem in the last report of a live speaker, by the name of its node. */
type Reported = readonly [node: string, problem: Problem];

/**
 * Turns the Problems in the speakers' reports into Events about their Nodes: one for each, when it has lasted for some
 * seconds, and not again while it lasts. One that has no Event yet because of too many others gets it later if it lasts.
 */
export class SpeakerProblemEvents {
  readonly #patience = new Patience(GRACE_MS);
  /** When the last Events of each code were written. */
  readonly #writtenMs = new Map<ProblemCode, readonly number[]>();

  /** The Events that are due. */
  due(problems: ReadonlyMap<string, readonly Problem[]>, nowMs: number): readonly EventRecord[] {
    const reported = new Map<string, Reported>();
    for (const [node, ofNode] of problems)
      for (const problem of ofNode) {
        const key = JSON.stringify([node, problem.code, printPlace(problem.at)]);
        if (!OF_SERVICES.has(problem.code) && !reported.has(key)) reported.set(key, [node, problem]);
      }
    const due = this.#patience.due(reported, nowMs, ([, { code }]) => this.#freeMs(code, nowMs));
    return Array.from(due, ([node, problem]) => this.#write(node, problem, nowMs));
  }

  /** Milliseconds until the next Event may be due, at least 0; undefined if none is. */
  nextInMs(nowMs: number): number | undefined {
    return this.#patience.nextInMs(nowMs);
  }

  /** From when on an Event of the code may be written. */
  #freeMs(code: ProblemCode, nowMs: number): number {
    const [oldest, ...others] = this.#writtenMs.get(code) ?? [];
    return oldest === undefined || others.length + 1 < EVENTS_PER_MINUTE ? nowMs : oldest + MINUTE_MS;
  }

  #write(node: string, problem: Problem, nowMs: number): EventRecord {
    const written = [...(this.#writtenMs.get(problem.code) ?? []), nowMs].slice(-EVENTS_PER_MINUTE);
    this.#writtenMs.set(problem.code, written);
    return eventOf(
      { kind: "Node", namespace: "", name: node },
      { reason: "SpeakerProblem", message: printProblem(problem) },
    );
  }
}
