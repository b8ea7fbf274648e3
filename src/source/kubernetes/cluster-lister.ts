import { REPORT_TOPICS, type ReportTopic } from "#src/source/source.ts";
import { factsOf, type Kind } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type Fields, isRecord, listOf, recordOf, textOf } from "#src/model/record.ts";
import type { WrittenEvent } from "#src/source/folder/event-file.ts";
import type { ApiConfig } from "./api/api-config.ts";
import { ApiClient } from "./api/client.ts";
import { type FailedOutcome, errorOfOutcome } from "./api/outcome.ts";
import { realTiming } from "./api/timing.ts";
import { readLease } from "./leases/lease.ts";
import { leasePath, readReport, reportMark } from "./leases/report-leases.ts";
import { apiProblem } from "./read/api-problems.ts";
import { PAGE_SIZE, pagePath } from "./read/page-path.ts";
import { readApiObject } from "./read/read-api-object.ts";
import { collectionPath } from "./read/collection-path.ts";
import { readingOf } from "./read/reading.ts";
import { type Scope, selectorsOf } from "./read/scope.ts";

const EVENTS_PATH = "/api/v1/events";
/** Of one program's Events so many are read at most. */
const MAX_EVENTS = 500;

/** What the Leases of Hawser's namespace say. */
export interface LeasesRead {
  /** Reports of the topics, by name: `speaker-n1`, `member-n1`. */
  readonly reports: ReadonlyMap<string, Fields>;
  readonly members: ReadonlyMap<string, Fields>;
  readonly history: ReadonlyMap<string, Fields>;
  /** The Leases of elections, by name: `hawser-controller`. */
  readonly elections: ReadonlyMap<string, ElectionLease>;
  /** False where Leases may not be read. */
  readonly isKnown: boolean;
}

/** Who leads in an election, and how well that is known. */
interface ElectionLease {
  /** Empty where its holder gave it back. */
  readonly holder: string;
  readonly durationMs: number;
  /** In milliseconds since 1970; undefined where the Lease does not say. */
  readonly renewedMs: number | undefined;
}

interface ListOptions {
  /** So many items are read at most. */
  readonly most?: number;
  readonly keepsManagedFields?: boolean | undefined;
  /** Whether the cluster may be without the collection: then it is empty. */
  readonly isOptional?: boolean;
  /** Called where it cannot be read, in place of a Problem. */
  readonly onFailure?: () => void;
}

/** Lists what a cluster holds now, without a watch: for commands, which look once. What cannot be read is in `problems`. */
export class ClusterLister {
  readonly problems: Problem[] = [];
  readonly #client: ApiClient;
  /** The paths of collections that could not be read to their end. */
  readonly #unread = new Set<string>();

  constructor(config: ApiConfig) {
    this.#client = new ApiClient(config, realTiming);
  }

  /** All objects of a kind; none where they cannot be read, or where the cluster does not have this optional kind. */
  async list(kind: Kind, scope: Scope = {}): Promise<readonly KubeObject[]> {
    const complain = (problems: readonly Problem[]): void => void this.problems.push(...problems);
    const { keepsManagedFields } = readingOf(kind);
    const { isOptional } = factsOf(kind);
    const path = collectionPath(kind, scope.namespace);
    const items = await this.#all(path, selectorsOf(scope), { keepsManagedFields, isOptional });
    return items.map((item) => readApiObject(kind, item, complain)).filter((object) => object !== undefined);
  }

  /** All objects of a kind; undefined where they cannot be read. */
  async listIfAllowed(kind: Kind, scope: Scope = {}): Promise<readonly KubeObject[] | undefined> {
    const items = await this.list(kind, scope);
    return this.#unread.has(collectionPath(kind, scope.namespace)) ? undefined : items;
  }

  /** All objects of a kind; undefined, and no Problem, where they cannot be read. */
  async listQuietly(kind: Kind, scope: Scope = {}): Promise<readonly KubeObject[] | undefined> {
    const path = collectionPath(kind, scope.namespace);
    let isRead = true;
    const items = await this.#all(path, selectorsOf(scope), { onFailure: () => void (isRead = false) });
    if (!isRead) return undefined;
    return items.flatMap((item) => readApiObject(kind, item, () => undefined) ?? []);
  }

  /** The objects of a collection as the server has them, also of kinds that Hawser does not read; none where the cluster does not have it. */
  async raw(path: string, query: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    return this.#all(path, query, { isOptional: true });
  }

  /** A text, as the log of a pod; says why it cannot be read, and adds no Problem. */
  async text(
    path: string,
  ): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }> {
    try {
      const outcome = await this.#client.request({ method: "GET", path, isText: true });
      if (outcome.kind === "ok") return { ok: true, text: String(outcome.body) };
      return { ok: false, why: `${outcome.status} ${outcome.message}` };
    } catch (error) {
      return { ok: false, why: (error as Error).message };
    }
  }

  /** Reports, and the Leases of these elections. */
  async leases(namespace: string, elections: readonly string[]): Promise<LeasesRead> {
    const none = (): Map<string, Fields> => new Map();
    const read = { report: none(), member: none(), history: none(), capture: none() };
    const held = new Map<string, ElectionLease>();
    for (const item of await this.#all(leasePath(namespace), {})) {
      const name = nameOf(item);
      for (const topic of REPORT_TOPICS) {
        const report = readReport(topic, item);
        if (report !== undefined) read[topic].set(name, report);
      }
      if (elections.includes(name)) held.set(name, readElection(item));
    }
    const isKnown = !this.#unread.has(leasePath(namespace));
    return { reports: read.report, members: read.member, history: read.history, elections: held, isKnown };
  }

  /** The reports of one topic, by name; undefined where they cannot be read. */
  async reports(namespace: string, topic: ReportTopic): Promise<ReadonlyMap<string, Fields> | undefined> {
    const path = leasePath(namespace);
    const items = await this.#all(path, { labelSelector: reportMark(topic) });
    if (this.#unread.has(path)) return undefined;
    return new Map(
      items.flatMap((item) => {
        const report = readReport(topic, item);
        const name = nameOf(item);
        return report === undefined ? [] : [[name, report] as const];
      }),
    );
  }

  /** The Leases of these elections alone, by name; undefined where they cannot be read. */
  async elections(
    namespace: string,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, ElectionLease> | undefined> {
    const path = leasePath(namespace);
    const found = names.map(async (name) =>
      (await this.#all(path, { fieldSelector: `metadata.name=${name}` })).map(
        (item) => [name, readElection(item)] as const,
      ),
    );
    const held = new Map((await Promise.all(found)).flat());
    return this.#unread.has(path) ? undefined : held;
  }

  /** The latest Events that these programs wrote, oldest first; undefined where they cannot be read. */
  async events(components: readonly string[]): Promise<readonly WrittenEvent[] | undefined> {
    const found: WrittenEvent[] = [];
    for (const component of components) {
      const items = await this.#all(EVENTS_PATH, { fieldSelector: `source=${component}` }, { most: MAX_EVENTS });
      found.push(...items.map(readEvent).filter((event) => event !== undefined));
    }
    return this.#unread.has(EVENTS_PATH) ? undefined : found.sort((left, right) => (left.time < right.time ? -1 : 1));
  }

  close(): void {
    this.#client.close();
  }

  /** The items of a collection, page by page; what there is where a page cannot be read. */
  async #all(
    path: string,
    query: Readonly<Record<string, string>>,
    { most = Infinity, keepsManagedFields = false, isOptional = false, onFailure }: ListOptions = {},
  ): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    try {
      for (let next: string | undefined = ""; next !== undefined && items.length < most;) {
        const page = { limit: PAGE_SIZE, next };
        const ask = { method: "GET", path: pagePath({ path, query }, page), keepsManagedFields } as const;
        const outcome = await this.#client.request(ask);
        if (outcome.kind === "missing" && isOptional) return [];
        if (outcome.kind !== "ok") throw errorOfOutcome(`list ${path}`, outcome satisfies FailedOutcome);
        const { items: found, rest } = readPage(outcome.body);
        items.push(...found);
        next = rest;
      }
    } catch (error) {
      if (onFailure !== undefined) {
        onFailure();
        return [];
      }
      this.#unread.add(path);
      this.#complain(path, error as NodeJS.ErrnoException);
    }
    return items;
  }

  #complain(path: string, error: NodeJS.ErrnoException): void {
    const problem = apiProblem(`${this.#client.server}${path}`, error, Infinity);
    if (problem === undefined) return;
    const fix = fixes[error.code ?? ""] ?? (problem.code === "API_SERVER_UNREACHABLE" ? LOOK : problem.fix);
    const isKnown = this.problems.some(({ code, why }) => code === problem.code && why === problem.why);
    if (!isKnown) this.problems.push({ ...problem, fix });
  }
}

const LOOK = "Look at the API server and the network, or name another cluster with --kubeconfig or --context";
const fixes: Readonly<Record<string, string>> = {
  HTTP_401: "Log in again, or name another user with --kubeconfig or --context",
  HTTP_403: "Ask for the right to list these, or name another user with --kubeconfig or --context",
};

function readElection(item: unknown): ElectionLease {
  const { holder, durationMs } = readLease(item);
  const renewedMs = Date.parse(textOf(recordOf(recordOf(item)["spec"])["renewTime"]));
  return { holder, durationMs, renewedMs: Number.isNaN(renewedMs) ? undefined : renewedMs };
}

function readPage(body: unknown): { readonly items: readonly unknown[]; readonly rest: string | undefined } {
  const { items, metadata } = recordOf(body);
  const rest = textOf(recordOf(metadata)["continue"]);
  return { items: listOf(items), rest: rest === "" ? undefined : rest };
}

/** An Event (core v1) as the folder source's file has it. */
function readEvent(item: unknown): WrittenEvent | undefined {
  if (!isRecord(item)) return undefined;
  const about = item["involvedObject"];
  if (!isRecord(about)) return undefined;
  const { type, reason, message, count } = item;
  const { kind, namespace, name } = about;
  const time = textOf(item["lastTimestamp"]) || textOf(item["eventTime"]);
  return {
    about: { kind: textOf(kind) as Kind, namespace: textOf(namespace), name: textOf(name) },
    type: type === "Warning" ? "Warning" : "Normal",
    reason: textOf(reason),
    message: textOf(message),
    time,
    first: textOf(item["firstTimestamp"]) || time,
    count: typeof count === "number" ? count : 1,
  };
}

function nameOf(item: unknown): string {
  return textOf(recordOf(recordOf(item)["metadata"])["name"]);
}
