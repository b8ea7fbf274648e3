import { appendFile, mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "#src/process/log.ts";
import { eventsPath } from "./status-path.ts";
import { cutEventMessage } from "#src/status/event-message.ts";
import { isRecord } from "#src/model/record.ts";
import type { EventRecord } from "#src/status/event-record.ts";

/** About 1,000 events; then the file becomes events.1.jsonl and that one goes, so twice this much is the most. */
const MAX_FILE_BYTES = 256 * 1_024;
const MAX_QUEUE = 1_000;
/** How many different Events are counted separately. */
const MAX_KNOWN = 1_000;
/** An Event that repeats, with none other about its object in between, is written at most this often, with its count. */
const REPEAT_MS = 60_000;

/** One line of the file. */
export interface WrittenEvent extends EventRecord {
  /** When it was seen last and first, in ISO 8601. */
  readonly time: string;
  readonly first: string;
  /** How often it was seen since `first`. */
  readonly count: number;
}

interface Known {
  first: string;
  count: number;
  writtenMs: number;
}

export interface EventFileOptions {
  readonly directory: string;
  readonly log: Logger;
  nowMs(): number;
}

/** Appends Events to DIR/.hawser/events.jsonl; several programs may. Never rejects; what cannot be written is dropped. */
export class EventFile {
  readonly #options: EventFileOptions;
  readonly #known = new Map<string, Known>();
  /** The last Event of each object: an Event that is news again (broken, well, broken) is not a repetition. */
  readonly #latest = new Map<string, string>();
  #writing: Promise<void> | undefined;
  #isLoaded = false;
  #hasFailed = false;
  #pending: EventRecord[] = [];

  constructor(options: EventFileOptions) {
    this.#options = options;
  }

  /** Queues an Event; the oldest of a full queue is dropped. */
  record(event: EventRecord): void {
    this.#pending.push({ ...event, message: cutEventMessage(event.message) });
    if (this.#pending.length > MAX_QUEUE) this.#pending.shift();
    this.#writing ??= this.#write();
  }

  /** Resolves when the queue is written. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    const path = eventsPath(this.#options.directory);
    try {
      await this.#load();
      while (this.#pending.length > 0) {
        const lines = this.#pending.splice(0).flatMap((event) => this.#lineFor(event));
        if (lines.length === 0) continue;
        await mkdir(dirname(path), { recursive: true });
        await rotate(path);
        await appendFile(path, lines.join(""));
      }
      this.#hasFailed = false;
    } catch (error) {
      this.#pending = [];
      if (!this.#hasFailed) this.#options.log.warn({ err: error }, "cannot write events");
      this.#hasFailed = true;
    }
    // In the same turn as the last look at the queue: what comes later starts a new round.
    this.#writing = undefined;
  }

  /** Events from before a restart continue to be counted. */
  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    for (const event of await readEvents(this.#options.directory)) {
      const known = { first: event.first, count: event.count, writtenMs: Date.parse(event.time) };
      this.#remember(event, known);
    }
  }

  #lineFor(event: EventRecord): readonly string[] {
    const key = keyOfEvent(event);
    const nowMs = this.#options.nowMs();
    const time = new Date(nowMs).toISOString();
    const known = this.#known.get(key) ?? { first: time, count: 0, writtenMs: -Infinity };
    known.count += 1;
    const isNews = this.#latest.get(keyOfObject(event)) !== key;
    const isDue = isNews || nowMs - known.writtenMs >= REPEAT_MS;
    if (isDue) known.writtenMs = nowMs;
    this.#remember(event, known);
    const written: WrittenEvent = { time, ...event, count: known.count, first: known.first };
    return isDue ? [`${JSON.stringify(written)}\n`] : [];
  }

  #remember(event: EventRecord, known: Known): void {
    const key = keyOfEvent(event);
    putLast(this.#known, key, known);
    putLast(this.#latest, keyOfObject(event), key);
  }
}

/** Puts an entry at the end of a map of limited size: the one put longest ago is forgotten when there are too many. */
function putLast<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_KNOWN && oldest !== undefined) map.delete(oldest);
}

/** The Events in a folder, each once with its newest count, oldest first. Lines that cannot be read are left out. */
export async function readEvents(directory: string): Promise<readonly WrittenEvent[]> {
  const path = eventsPath(directory);
  const texts = await Promise.all([olderPath(path), path].map(async (file) => readFile(file, "utf8").catch(() => "")));
  const events = new Map<string, WrittenEvent>();
  for (const line of texts.join("").split("\n")) {
    const event = readEvent(line);
    if (event === undefined) continue;
    events.delete(keyOfEvent(event));
    events.set(keyOfEvent(event), event);
  }
  return [...events.values()];
}

async function rotate(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats !== undefined && stats.size >= MAX_FILE_BYTES) await rename(path, olderPath(path));
}

function olderPath(path: string): string {
  return path.replace(/\.jsonl$/, ".1.jsonl");
}

function keyOfObject({ about }: EventRecord): string {
  return JSON.stringify([about.kind, about.namespace, about.name]);
}

function keyOfEvent({ about, reason, message }: EventRecord): string {
  return JSON.stringify([about.kind, about.namespace, about.name, reason, message]);
}

function readEvent(line: string): WrittenEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isRecord(value) || !isRecord(value["about"])) return undefined;
    const { about, time, first, type, reason, message, count } = value as Partial<WrittenEvent>;
    const texts = [about?.kind, about?.namespace, about?.name, time, first, type, reason, message];
    return texts.every((text) => typeof text === "string") && typeof count === "number"
      ? (value as unknown as WrittenEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
