// A Source in memory, with the faults of a real one on request: failed and conflicting patches, late news.
import { factsOf, type Kind } from "#src/model/kind.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import { keyOf } from "#src/model/object.ts";
import type { Leadership } from "#src/source/leadership.ts";
import type {
  CreateResult,
  NewObject,
  PatchResult,
  ReportTopic,
  Source,
  SourceListener,
  StatusPatch,
} from "#src/source/source.ts";
import type { EventRecord } from "#src/status/event-record.ts";

/** What happens to a patch: it is refused, it conflicts, or it is written and the answer is lost. */
export type Fault = "refused" | "conflict" | "answer lost";

/** Bytes of all annotations of an object, names and values: the API server takes no more. */
export const MAX_ANNOTATIONS = 256 * 1_024;

type Reports = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What all sources over one cluster share. */
interface Shared {
  readonly events: EventRecord[];
  readonly patched: string[];
  readonly sources: Set<MemorySource>;
  stored: Map<Kind, ReadonlyMap<string, KubeObject>>;
  version: number;
  history: Reports;
}

export class MemorySource implements Source {
  readonly #shared: Shared;
  historyWrites = 0;
  /** Faults of the next patches of an object, by key; the key `*` stands for any. */
  readonly faults = new Map<string, Fault[]>();
  /** The first sync: `open` resolves with it. */
  synced: Promise<void> = Promise.resolve();
  /** Whether the program over this source leads. */
  leads = true;
  /** Called before each patch. */
  onPatch: (key: string) => void = () => undefined;
  /** While true, `list` shows the world as it was. */
  #isLate = false;
  #shown = new Map<Kind, ReadonlyMap<string, KubeObject>>();
  #listener: SourceListener | undefined;
  #tellLeads: ((leads: boolean) => void) | undefined;
  #reports: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map();
  #members: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map();

  /** `other`: a source of another program over the same cluster. */
  constructor(other?: MemorySource) {
    this.#shared =
      other !== undefined
        ? other.#shared
        : {
            events: [],
            patched: [],
            sources: new Set(),
            stored: new Map(),
            version: 0,
            history: new Map(),
          };
    this.#shared.sources.add(this);
  }

  get events(): EventRecord[] {
    return this.#shared.events;
  }

  get patched(): string[] {
    return this.#shared.patched;
  }

  /** The reports of the topic `history`. */
  get history(): Reports {
    return this.#shared.history;
  }

  set history(history: Reports) {
    this.#shared.history = history;
  }

  get #stored(): Map<Kind, ReadonlyMap<string, KubeObject>> {
    return this.#shared.stored;
  }

  open(_kinds: readonly Kind[], listener: SourceListener): Promise<void> {
    this.#listener = listener;
    const first = [...this.#stored.values()].flatMap((objects) => [...objects.values()]);
    if (first.length > 0) listener.onChange(first.map(refOf));
    return this.synced;
  }

  list(kind: Kind): ReadonlyMap<string, KubeObject> {
    return (this.#isLate ? this.#shown : this.#stored).get(kind) ?? new Map();
  }

  has(kind: Kind): boolean {
    return this.list(kind).size > 0 || !factsOf(kind).isOptional;
  }

  follow(): Promise<void> {
    return Promise.resolve();
  }

  get(kind: Kind, key: string): KubeObject | undefined {
    return this.list(kind).get(key);
  }

  /** What the store holds, whether it is shown yet or not. */
  stored(kind: Kind, key: string): KubeObject {
    const object = this.#stored.get(kind)?.get(key);
    if (object === undefined) throw new Error(`no ${kind} ${key}`);
    return object;
  }

  put(...objects: readonly KubeObject[]): void {
    for (const object of objects) this.#store(object);
    this.#tell(objects.map(refOf));
  }

  remove(kind: Kind, key: string): void {
    const gone = this.stored(kind, key);
    const rest = new Map(this.#stored.get(kind));
    rest.delete(key);
    this.#stored.set(kind, rest);
    this.#tell([refOf(gone)]);
  }

  /** From here on writes happen, but are not shown, until `catchUp`. */
  fallBehind(): void {
    this.#shown = new Map(this.#stored);
    this.#isLate = true;
  }

  catchUp(): void {
    this.#isLate = false;
    const late = [...this.#stored].flatMap(([kind, objects]) =>
      [...objects].flatMap(([key, object]) => (this.#shown.get(kind)?.get(key) === object ? [] : refOf(object))),
    );
    this.#tell(late);
  }

  /** Shows an object that the late source would not show yet. */
  showOnly(object: KubeObject): void {
    const stored = this.#store(object);
    this.#shown.set(object.kind, new Map(this.#shown.get(object.kind)).set(keyOf(object.metadata), stored));
    this.#listener?.onChange([refOf(object)]);
  }

  patch(ref: ObjectRef, patch: StatusPatch): Promise<PatchResult> {
    const key = keyOf(ref);
    this.patched.push(key);
    this.onPatch(key);
    const fault = this.faults.get(key)?.shift() ?? this.faults.get("*")?.shift();
    if (fault === "refused") return Promise.reject(new Error("patch refused", { cause: "test" }));
    if (fault === "conflict" || !this.leads) return Promise.resolve("conflict");
    const object = this.#stored.get(ref.kind)?.get(key);
    if (object === undefined) return Promise.resolve("gone");
    if (object.metadata.resourceVersion !== this.list(ref.kind).get(key)?.metadata.resourceVersion)
      return Promise.resolve("conflict");
    const annotations = { ...object.metadata.annotations, ...patch.annotations } as Record<string, string>;
    for (const [name, value] of Object.entries(annotations)) if (value === undefined) delete annotations[name];
    const sizes = Object.entries(annotations).map(([name, value]) => name.length + value.length);
    if (patch.annotations !== undefined && sizes.reduce((sum, size) => sum + size, 0) > MAX_ANNOTATIONS)
      return Promise.reject(
        Object.assign(new Error("patch: 422 metadata.annotations: Too long"), { code: "HTTP_422" }),
      );
    const status = { ...(object["status"] as object | undefined), ...patch.status };
    this.#store({ ...object, metadata: { ...object.metadata, annotations }, status });
    this.#tell([ref]);
    return fault === "answer lost" ? Promise.reject(new Error("answer lost")) : Promise.resolve("written");
  }

  create(object: NewObject): Promise<CreateResult> {
    const { kind, metadata } = object;
    if (this.#stored.get(kind)?.has(keyOf(metadata)) === true) return Promise.resolve("exists");
    const { apiVersion } = factsOf(kind);
    this.put({ ...object, apiVersion, metadata: { labels: {}, annotations: {}, createdMs: 0, ...metadata } });
    return Promise.resolve("created");
  }

  record(event: EventRecord): void {
    this.events.push(event);
  }

  /** Only the history is reported by a controller. */
  report(name: string, value: Readonly<Record<string, unknown>>): Promise<void> {
    this.historyWrites += 1;
    this.history = new Map(this.history).set(name, structuredClone(value));
    return Promise.resolve();
  }

  reports(topic: ReportTopic = "report"): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return { report: this.#reports, member: this.#members, history: this.history, capture: new Map() }[topic];
  }

  /** Publishes the record of a member. */
  publishes(name: string, record: Readonly<Record<string, unknown>>): void {
    this.#members = new Map(this.#members).set(name, record);
    this.#listener?.onReports?.();
  }

  /** Says what a speaker reports; undefined: it is gone. */
  says(name: string, report: Readonly<Record<string, unknown>> | undefined): void {
    const reports = new Map(this.#reports);
    if (report === undefined) reports.delete(name);
    else reports.set(name, report);
    this.#reports = reports;
    this.#listener?.onReports?.();
  }

  lead(_election: string, onChange: (leads: boolean) => void): Leadership {
    this.#tellLeads = onChange;
    if (this.leads) queueMicrotask(() => onChange(true));
    const isLeading = () => this.leads;
    return {
      get leads() {
        return isLeading();
      },
    };
  }

  /** Gives leadership, or takes it away; `untold`: as it is while the news has not come yet. */
  setLeads(leads: boolean, { untold = false } = {}): void {
    this.leads = leads;
    if (!untold) this.#tellLeads?.(leads);
  }

  close(): Promise<void> {
    this.#listener = undefined;
    return Promise.resolve();
  }

  #store(object: KubeObject): KubeObject {
    const metadata = { ...object.metadata, resourceVersion: `${++this.#shared.version}` };
    const stored = { ...object, metadata };
    this.#stored.set(object.kind, new Map(this.#stored.get(object.kind)).set(keyOf(metadata), stored));
    return stored;
  }

  #tell(changed: readonly ObjectRef[]): void {
    for (const one of this.#shared.sources) if (!one.#isLate) one.#listener?.onChange(changed);
  }
}

function refOf({ kind, metadata }: KubeObject): ObjectRef {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}
