import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { factsOf, type Kind } from "#src/model/kind.ts";
import { type KubeObject, keyOf, type ObjectRef } from "#src/model/object.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { monotonicMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import type { Leadership } from "#src/source/leadership.ts";
import type {
  CreateResult,
  NewObject,
  PatchResult,
  ReportOptions,
  ReportTopic,
  Source,
  SourceListener,
  StatusPatch,
} from "#src/source/source.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import type { ApiConfig } from "./api/api-config.ts";
import { ApiClient } from "./api/client.ts";
import { errorOfOutcome } from "./api/outcome.ts";
import { pause, realTiming, type Timing } from "./api/timing.ts";
import { LeaderLease } from "./leases/leader-lease.ts";
import { leasePath, ReportLeases, type ReportOwner } from "./leases/report-leases.ts";
import { ReportReader, type Reports } from "./leases/report-reader.ts";
import { AbsentKinds } from "./read/absent-kinds.ts";
import { FollowedObjects } from "./read/followed-objects.ts";
import { FIELD_MANAGER, identityOf, readApiObject } from "./read/read-api-object.ts";
import type { Optional } from "./read/optional.ts";
import { Reflector } from "./read/reflector.ts";
import { collectionPath, objectPath } from "./read/collection-path.ts";
import { readingOf } from "./read/reading.ts";
import { type Scope, selectorsOf } from "./read/scope.ts";
import { ToldProblems } from "./read/told-problems.ts";
import { EventWriter } from "./write/event-writer.ts";
import { planWrites, writeBody } from "./write/plan-writes.ts";

export interface KubernetesSourceOptions {
  readonly config: ApiConfig;
  /** Hawser's own: of its ConfigMaps and reports. */
  readonly namespace: string;
  /** The program, as Events name it: `hawser-controller`. */
  readonly component: string;
  readonly log: Logger;
  /** What of each kind is watched; by default ConfigMaps of the namespace, and all objects of other kinds. */
  readonly scopes?: Readonly<Partial<Record<Kind, Scope>>> | undefined;
  /** Whether `reports()` shows those of others; then `open` waits for them. Default false. */
  readonly watchesReports?: boolean | undefined;
  /** Whether `reports("member")` shows those of other members; then `open` waits for them. Default false. */
  readonly watchesMembers?: boolean | undefined;
  /** Whether `reports("history")` shows what was kept; then `open` waits for it. Default false. */
  readonly watchesHistory?: boolean | undefined;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly clock?: Timing["clock"] | undefined;
  readonly delay?: Timing["delay"] | undefined;
  readonly chance?: Timing["chance"] | undefined;
  /** Milliseconds that never go back; the machine's clock by default. */
  readonly monotonic?: (() => number) | undefined;
}

/** So long the first lists wait to hear whether the Lease was won: several times what its two requests take. */
const AWAIT_LEASE_MS = 500;

/**
 * The Kubernetes API as the source of objects. While the API server cannot be reached what is known stays, and `open`
 * waits for its first answer. A patch is one merge patch that holds for the version in `list()` alone.
 */
export function openKubernetesSource(options: KubernetesSourceOptions): Source {
  return new KubernetesSource(options);
}

const NO_REPORTS: Reports = new Map();

class KubernetesSource implements Source {
  readonly #options: KubernetesSourceOptions;
  readonly #timing: Timing;
  readonly #client: ApiClient;
  readonly #events: EventWriter;
  readonly #ownReports: Readonly<Record<ReportTopic, ReportLeases>>;
  readonly #reflectors = new Map<Kind, Reflector<KubeObject>>();
  readonly #absent: AbsentKinds;
  readonly #reports = new Map<ReportTopic, ReportReader>();
  readonly #followed = new Map<Kind, FollowedObjects>();
  readonly #opened = Promise.withResolvers<void>();
  #leaderLease: LeaderLease | undefined;
  #toldLeads = false;
  #listener: SourceListener | undefined;
  readonly #problems: ToldProblems;
  #isClosed = false;

  constructor(options: KubernetesSourceOptions) {
    const { config, namespace, component, log } = options;
    const { clock = realTiming.clock, delay = realTiming.delay, chance = realTiming.chance } = options;
    this.#options = options;
    this.#timing = { clock, delay, chance };
    this.#client = new ApiClient(config, this.#timing);
    this.#problems = new ToldProblems(this.#client.server, log);
    const shared = { client: this.#client, timing: this.#timing };
    this.#absent = new AbsentKinds(shared);
    this.#events = new EventWriter({ ...shared, log, component, uidOf: (about) => this.#uidOf(about) });
    this.#ownReports = {
      report: new ReportLeases({ ...shared, topic: "report", namespace }),
      member: new ReportLeases({ ...shared, topic: "member", namespace }),
      history: new ReportLeases({ ...shared, topic: "history", namespace }),
      capture: new ReportLeases({ ...shared, topic: "capture", namespace }),
    };
  }

  async open(kinds: readonly Kind[], listener: SourceListener): Promise<void> {
    if (this.#listener !== undefined) throw new Error("this source is open already");
    this.#listener = listener;
    this.#problems.listener = (where, problems) => listener.onProblems(where, problems);
    const begin = this.#leaderLease && this.#untilDecided(this.#leaderLease);
    for (const kind of kinds) this.#reflectors.set(kind, this.#reflect(kind, begin));
    if (this.#options.watchesReports === true) this.#reports.set("report", this.#readerOf("report"));
    if (this.#options.watchesMembers === true) this.#reports.set("member", this.#readerOf("member"));
    if (this.#options.watchesHistory === true) this.#reports.set("history", this.#readerOf("history"));
    const readers = [...this.#reflectors.values(), ...this.#reports.values()];
    await Promise.all(readers.map(async ({ listed }) => listed));
    this.#opened.resolve();
  }

  list(kind: Kind): ReadonlyMap<string, KubeObject> {
    return this.#followed.get(kind)?.snapshot() ?? this.#reflectorOf(kind).snapshot();
  }

  get(kind: Kind, key: string): KubeObject | undefined {
    const followed = this.#followed.get(kind);
    return followed === undefined ? this.#reflectorOf(kind).value(key) : followed.snapshot().get(key);
  }

  has(kind: Kind): boolean {
    return !factsOf(kind).isOptional || this.#reflectorOf(kind).isPresent;
  }

  async follow(kind: Kind, keys: ReadonlySet<string>): Promise<void> {
    if (this.#listener === undefined) throw new Error("this source is not open");
    if (this.#reflectors.has(kind)) throw new Error(`this source shows all objects of kind ${kind}`);
    const followed = this.#followed.get(kind) ?? this.#followerOf(kind);
    this.#followed.set(kind, followed);
    if (!this.#isClosed) await followed.follow(keys);
  }

  async patch(ref: ObjectRef, patch: StatusPatch): Promise<PatchResult> {
    const reflector = this.#reflectorOf(ref.kind);
    const lease = this.#leaderLease;
    // First: one that does not lead may not have listed yet what it is asked about.
    if (lease?.leads === false) return "conflict";
    const object = reflector.value(keyOf(ref));
    if (object === undefined) return "gone";
    let { metadata } = object;
    for (const write of planWrites(object, patch)) {
      const outcome = await this.#client.request({
        method: "PATCH",
        path: `${objectPath(ref)}${write.subresource}?fieldManager=${FIELD_MANAGER}`,
        contentType: "application/merge-patch+json",
        body: writeBody(write, metadata),
        keepsManagedFields: readingOf(ref.kind).keepsManagedFields,
        signal: lease?.signal,
        isWanted: () => lease?.leads !== false,
      });
      if (outcome.kind === "conflict") return "conflict";
      if (outcome.kind === "missing") return "gone";
      if (outcome.kind !== "ok") throw errorOfOutcome(`patch ${ref.kind} ${keyOf(ref)}`, outcome);
      reflector.take(outcome.body);
      metadata = { ...metadata, ...identityOf(outcome.body) };
    }
    return metadata.resourceVersion === object.metadata.resourceVersion ? "unchanged" : "written";
  }

  async create(object: NewObject): Promise<CreateResult> {
    const { kind, metadata } = object;
    const { namespace } = metadata;
    const lease = this.#leaderLease;
    const outcome = await this.#client.request({
      method: "POST",
      path: `${collectionPath(kind, namespace)}?fieldManager=${FIELD_MANAGER}`,
      body: {
        ...object,
        apiVersion: factsOf(kind).apiVersion,
        metadata: { ...metadata, namespace: namespace || undefined },
      },
      signal: lease?.signal,
      isWanted: () => lease?.leads !== false,
    });
    if (outcome.kind === "conflict") return "exists";
    if (outcome.kind !== "ok") throw errorOfOutcome(`create ${kind} ${keyOf(metadata)}`, outcome);
    return "created";
  }

  record(event: EventRecord): void {
    this.#events.record(event);
  }

  async report(name: string, value: Readonly<Record<string, unknown>>, options: ReportOptions = {}): Promise<void> {
    const { topic = "report", goesWith } = options;
    await this.#ownReports[topic].write(name, value, goesWith === undefined ? undefined : this.#ownerOf(goesWith));
  }

  reports(topic: ReportTopic = "report"): Reports {
    return this.#reports.get(topic)?.all() ?? NO_REPORTS;
  }

  lead(election: string, onChange: (leads: boolean) => void): Leadership {
    if (this.#leaderLease !== undefined) throw new Error("this program stands for leader already");
    const { namespace, monotonic = monotonicMs } = this.#options;
    const path = `${leasePath(namespace)}/${election}`;
    const listener = this.#problems.of(path);
    let failures = 0;
    this.#leaderLease = new LeaderLease({
      client: this.#client,
      timing: this.#timing,
      monotonicMs: monotonic,
      namespace,
      name: election,
      identity: `${hostname()}_${randomUUID()}`,
      onChange: (leads) => void this.#tellLeads(leads, onChange),
      onAttempt: (err) => {
        failures = err === undefined ? 0 : failures + 1;
        if (err === undefined) listener.onWell();
        else listener.onFailure(err, failures);
      },
    });
    return this.#leaderLease;
  }

  /** Resolves when a first attempt on the Lease has ended, or takes long. */
  async #untilDecided({ decided }: LeaderLease): Promise<void> {
    const done = new AbortController();
    await Promise.race([decided, pause(this.#timing, AWAIT_LEASE_MS, done.signal)]);
    done.abort();
  }

  /**
   * A watch, or a list that began before, may lag behind what the last leader wrote last: a new one hears
   * so when it has seen all. A list that is yet to begin shows it.
   */
  async #tellLeads(leads: boolean, tell: (leads: boolean) => void): Promise<void> {
    const term = this.#leaderLease?.signal;
    const relists = leads ? [...this.#reflectors.values()].map(async (reflector) => reflector.relist()) : [];
    if (leads) await Promise.all([...relists, this.#opened.promise]);
    const isOver = leads && (term === undefined || term.aborted);
    if (this.#isClosed || isOver || leads === this.#toldLeads) return;
    this.#toldLeads = leads;
    tell(leads);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#problems.listener = undefined;
    await this.#leaderLease?.close();
    this.#absent.close();
    const watching = [...this.#reflectors.values(), ...this.#followed.values(), ...this.#reports.values()];
    const reports = Object.values(this.#ownReports);
    await Promise.all([...watching, ...reports, this.#events].map(async (part) => part.close()));
    this.#client.close();
  }

  #reflectorOf(kind: Kind): Reflector<KubeObject> {
    if (this.#listener === undefined) throw new Error("this source is not open");
    const reflector = this.#reflectors.get(kind);
    if (reflector === undefined) throw new Error(`this source was not opened for ${kind}`);
    return reflector;
  }

  #reflect(kind: Kind, begin: Promise<void> | undefined): Reflector<KubeObject> {
    const { namespace } = this.#options;
    const { [kind]: scope = kind === "ConfigMap" ? { namespace } : {} } = this.#options.scopes ?? {};
    const path = collectionPath(kind, scope.namespace);
    return new Reflector({
      client: this.#client,
      timing: this.#timing,
      path,
      query: selectorsOf(scope),
      keepsManagedFields: readingOf(kind).keepsManagedFields,
      read: (json) => this.#read(kind, json),
      begin,
      optional: factsOf(kind).isOptional ? this.#optional(kind) : undefined,
      listener: {
        ...this.#problems.of(path),
        onChange: (changed) => {
          const refs = changed.map(({ namespace, name }) => ({ kind, namespace, name }));
          if (!this.#isClosed) this.#listener?.onChange(refs);
        },
      },
    });
  }

  #optional(kind: Kind): Optional {
    let isFirst = true;
    return {
      isProtecting: factsOf(kind).isProtecting,
      mayExist: async () => this.#absent.mayExist(kind),
      isGoing: async () => this.#absent.isGoing(kind),
      onRefused: () =>
        this.#options.log.warn(
          { kind },
          "may not ask the API server for its kinds: what is deleted counts as deleted, also where its kind is being removed",
        ),
      sought: async (signal) => this.#absent.sought(kind, signal),
      onPresence: (isPresent) => {
        const { log } = this.#options;
        const level = isFirst ? "debug" : "info";
        isFirst = false;
        log[level]({ kind }, isPresent ? "the cluster has this kind" : "the cluster does not have this kind");
        if (!this.#isClosed) this.#listener?.onPresence?.(kind);
      },
    };
  }

  #uidOf(ref: ObjectRef): string | undefined {
    return this.#reflectors.get(ref.kind)?.value(keyOf(ref))?.metadata.uid;
  }

  #ownerOf(ref: ObjectRef): ReportOwner | undefined {
    const uid = this.#uidOf(ref);
    return uid === undefined
      ? undefined
      : { apiVersion: factsOf(ref.kind).apiVersion, kind: ref.kind, name: ref.name, uid };
  }

  #followerOf(kind: Kind): FollowedObjects {
    return new FollowedObjects({
      client: this.#client,
      timing: this.#timing,
      kind,
      read: (json) => this.#read(kind, json),
      onChange: ({ namespace, name }) => {
        if (!this.#isClosed) this.#listener?.onChange([{ kind, namespace, name }]);
      },
      onProblems: (where, problems) => this.#problems.tell(where, problems),
    });
  }

  #read(kind: Kind, json: unknown): KubeObject | undefined {
    return readApiObject(kind, json, (problems) => {
      for (const problem of problems) this.#problems.tell(printPlace(problem.at), [problem]);
    });
  }

  #readerOf(topic: ReportTopic): ReportReader {
    const { namespace } = this.#options;
    return new ReportReader({
      client: this.#client,
      timing: this.#timing,
      topic,
      namespace,
      listener: {
        ...this.#problems.of(leasePath(namespace)),
        onChange: () => {
          // A history is read by its writer alone, which knows what it wrote.
          if (!this.#isClosed && topic !== "history") this.#listener?.onReports?.();
        },
      },
    });
  }
}
