import { readFileSync } from "node:fs";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { API_SERVER_NAME } from "#lab/cluster/cluster-api.ts";
import type { Cluster } from "#lab/cluster/cluster.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { LineSplitter } from "#src/source/kubernetes/api/line-splitter.ts";

const SERVICES = "/api/v1/services";

interface ListAnswer {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly KubeObject[];
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject;
}

/**
 * Watches all Services at the API server itself, past any proxy, and holds every version of them against what must
 * always be true: no address is on two Services at once, and none that a Service has is taken from it or exchanged.
 * While the API server is away nothing can change; afterwards the watch goes on where it was.
 */
export class AddressInvariant implements AsyncDisposable {
  /** What was seen that must not be, in words. */
  readonly violations: string[] = [];
  readonly #cluster: Cluster;
  readonly #closing = new AbortController();
  /** Address -> Service, and Service -> addresses; a Service made anew under its name is another one. */
  readonly #holders = new Map<string, string>();
  readonly #addresses = new Map<string, readonly string[]>();
  #version = "";
  #running: Promise<void> = Promise.resolve();

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: Cluster): Promise<AddressInvariant> {
    const invariant = new AddressInvariant(cluster);
    await invariant.#list();
    invariant.#running = invariant.#run();
    return invariant;
  }

  /** The addresses of each Service that has some, by `namespace/name`. */
  get assigned(): ReadonlyMap<string, readonly string[]> {
    const pairs = [...this.#addresses].filter(([, addresses]) => addresses.length > 0);
    return new Map(pairs.map(([id, addresses]) => [id.slice(0, id.indexOf(" ")), addresses]));
  }

  /** Resolves when these Services have addresses; rejects with what was violated meanwhile. */
  async untilAssigned(keys: readonly string[], timeoutMs = 60_000): Promise<void> {
    const missing = (): readonly string[] => keys.filter((key) => !this.assigned.has(key));
    await until(`${keys.length} Services have addresses`, () => missing().length === 0, {
      timeoutMs,
      lastSeen: missing,
    });
    if (this.violations.length > 0) throw new Error(this.violations.join("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#watch();
      } catch {
        // The API server is away: the test's own business.
      }
      await sleep(100);
    }
  }

  async #list(): Promise<void> {
    const { metadata, items } = await this.#cluster.api.must<ListAnswer>({ path: SERVICES });
    const ids = new Set(items.map(idOf));
    for (const id of this.#addresses.keys()) if (!ids.has(id)) this.#delete(id);
    for (const item of items) this.#put(item);
    this.#version = metadata.resourceVersion;
  }

  async #watch(): Promise<void> {
    const { cluster, path } = { cluster: this.#cluster, path: `${SERVICES}?watch=1&allowWatchBookmarks=true` };
    const tls = { ...cluster.end, ca: readFileSync(cluster.caFile), servername: API_SERVER_NAME };
    const sent = request({
      createConnection: () => connect(tls),
      path: `${path}&resourceVersion=${this.#version}`,
      headers: { host: API_SERVER_NAME, authorization: `Bearer ${cluster.adminToken}` },
      signal: this.#closing.signal,
    });
    const ended = Promise.withResolvers<void>();
    sent.on("error", ended.reject);
    sent.on("response", (answer) => {
      const splitter = new LineSplitter();
      answer.on("data", (chunk: Buffer) => {
        for (const line of splitter.push(chunk)) this.#take(JSON.parse(line) as WatchEvent, ended);
      });
      answer.on("error", ended.reject);
      answer.on("close", () => ended.resolve());
    });
    sent.end();
    try {
      await ended.promise;
    } finally {
      sent.destroy();
    }
  }

  #take({ type, object }: WatchEvent, ended: PromiseWithResolvers<void>): void {
    // Too old to go on: what is there now still has to fit to what was.
    if (type === "ERROR") return void this.#list().then(ended.resolve, ended.reject);
    this.#version = object.metadata.resourceVersion ?? this.#version;
    if (type === "DELETED") this.#delete(idOf(object));
    else if (type !== "BOOKMARK") this.#put(object);
  }

  #put(object: KubeObject): void {
    const id = idOf(object);
    const before = this.#addresses.get(id) ?? [];
    const now = addressesOf(object);
    if (before.length > 0 && before.join() !== now.join())
      this.violations.push(`${id} had ${before.join(" and ")}, and then ${now.join(" and ") || "nothing"}`);
    for (const ip of before) if (this.#holders.get(ip) === id) this.#holders.delete(ip);
    for (const ip of now) {
      const other = this.#holders.get(ip);
      if (other !== undefined) this.violations.push(`${ip} is on ${other} and on ${id}`);
      this.#holders.set(ip, id);
    }
    this.#addresses.set(id, now);
  }

  #delete(id: string): void {
    for (const ip of this.#addresses.get(id) ?? []) if (this.#holders.get(ip) === id) this.#holders.delete(ip);
    this.#addresses.delete(id);
  }
}

function idOf({ metadata: { namespace, name, uid } }: KubeObject): string {
  return `${namespace}/${name} (${uid})`;
}

function addressesOf(object: KubeObject): readonly string[] {
  const status = object["status"] as { loadBalancer?: { ingress?: readonly { ip?: string }[] } } | undefined;
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}
