import { hash as digest } from "node:crypto";
import { cutEventMessage } from "#src/status/event-message.ts";
import { isRecord } from "#src/model/record.ts";
import type { Logger } from "#src/process/log.ts";
import type { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { type Outcome, errorOfOutcome } from "#src/source/kubernetes/api/outcome.ts";
import { pause, type Timing } from "#src/source/kubernetes/api/timing.ts";
import { factsOf } from "#src/model/kind.ts";
import type { EventRecord } from "#src/status/event-record.ts";

/** Some 4 MB: as many as a large cluster that is filled at once has Services. */
const MAX_QUEUE = 10_000;
/** How many different Events are counted separately. */
const MAX_KNOWN = 1_000;
/** An Event that repeats is written again at most this often, with its count. */
const REPEAT_MS = 60_000;
/** How long the end of a program may wait for its last Events. */
const CLOSE_MS = 2_000;
/** Of an object's name, what begins the name of its Event; names end at 253 characters. */
const MAX_PREFIX_LENGTH = 230;

interface Known {
  count: number;
  writtenMs: number;
  isWritten: boolean;
}

export interface EventWriterOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly log: Logger;
  /** The program, as `kubectl describe` names it. */
  readonly component: string;
  /** The uid of an object, where it is known. */
  uidOf(about: EventRecord["about"]): string | undefined;
}

/**
 * Writes Events (core v1, which `kubectl describe` shows). One that repeats is one object whose `count` rises, also
 * after a restart, because its name comes from its text. Never rejects; what cannot be written is dropped.
 */
export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #known = new Map<string, Known>();
  readonly #queue: EventRecord[] = [];
  readonly #closing = new AbortController();
  #working: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /** Queues an Event; the oldest of a full queue is dropped. */
  record(event: EventRecord): void {
    if (this.#closing.signal.aborted) return;
    this.#queue.push({ ...event, message: cutEventMessage(event.message) });
    if (this.#queue.length > MAX_QUEUE) this.#queue.shift();
    this.#working ??= this.#work();
  }

  /** Resolves when the queue is written, or after two seconds. */
  async close(): Promise<void> {
    const done = new AbortController();
    void pause(this.#options.timing, CLOSE_MS, done.signal).then(() => this.#closing.abort());
    while (this.#working !== undefined) await this.#working;
    done.abort();
    this.#closing.abort();
  }

  async #work(): Promise<void> {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      if (this.#closing.signal.aborted) break;
      try {
        await this.#write(event);
        this.#hasFailed = false;
      } catch (err) {
        if (!this.#hasFailed) this.#options.log.warn({ err, reason: event.reason }, "cannot write events");
        this.#hasFailed = true;
      }
    }
    this.#queue.length = 0;
    // In the same turn as the last look at the queue: what comes later starts a new round.
    this.#working = undefined;
  }

  async #write(event: EventRecord): Promise<void> {
    const name = this.#nameOf(event);
    const known = this.#remember(name);
    known.count += 1;
    const nowMs = this.#options.timing.clock();
    if (nowMs - known.writtenMs < REPEAT_MS) return;
    const path = `/api/v1/namespaces/${namespaceOf(event)}/events`;
    const isKnown = known.isWritten || !(await this.#create(path, name, event));
    if (isKnown && !(await this.#recount(`${path}/${name}`, known))) {
      known.count = 1;
      await this.#create(path, name, event);
    }
    known.isWritten = true;
    known.writtenMs = nowMs;
  }

  /** False: there is one already, from before a restart. */
  async #create(path: string, name: string, event: EventRecord): Promise<boolean> {
    const body = this.#objectOf(name, event);
    const outcome = await this.#send({ method: "POST", path, body });
    if (outcome.kind !== "ok" && outcome.kind !== "conflict") throw errorOfOutcome("create event", outcome);
    return outcome.kind === "ok";
  }

  /** Raises the count of one that is there; false: it is gone (API servers keep Events for an hour). */
  async #recount(path: string, known: Known): Promise<boolean> {
    if (!known.isWritten) {
      const there = await this.#send({ method: "GET", path });
      const count = there.kind === "ok" && isRecord(there.body) ? there.body["count"] : 0;
      known.count += typeof count === "number" ? count : 0;
    }
    const body = { count: known.count, lastTimestamp: this.#now() };
    const contentType = "application/merge-patch+json";
    const outcome = await this.#send({ method: "PATCH", path, body, contentType });
    if (outcome.kind === "ok") return true;
    if (outcome.kind !== "missing") throw errorOfOutcome("patch event", outcome);
    return false;
  }

  async #send(request: Parameters<ApiClient["request"]>[0]): Promise<Outcome> {
    return this.#options.client.request({ ...request, signal: this.#closing.signal });
  }

  #objectOf(name: string, event: EventRecord): Readonly<Record<string, unknown>> {
    const { about, type, reason, message } = event;
    const { component } = this.#options;
    const time = this.#now();
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: namespaceOf(event) },
      involvedObject: { ...about, apiVersion: factsOf(about.kind).apiVersion, uid: this.#options.uidOf(about) },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: component,
    };
  }

  #nameOf(event: EventRecord): string {
    const { about, type, reason, message } = event;
    const said = JSON.stringify([
      about.kind,
      this.#options.uidOf(about),
      type,
      reason,
      message,
      this.#options.component,
    ]);
    const hash = digest("sha256", said).slice(0, 16);
    return `${about.name.slice(0, MAX_PREFIX_LENGTH)}.${hash}`;
  }

  /** The one seen longest ago is forgotten when there are too many. */
  #remember(name: string): Known {
    const known = this.#known.get(name) ?? { count: 0, writtenMs: -Infinity, isWritten: false };
    this.#known.delete(name);
    this.#known.set(name, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  #now(): string {
    return new Date(this.#options.timing.clock()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

/** Events about objects without a namespace are in `default`. */
function namespaceOf({ about }: EventRecord): string {
  return about.namespace === "" ? "default" : about.namespace;
}
