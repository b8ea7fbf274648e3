import type { Canary } from "#src/routing/canary.ts";
import type { Rule } from "#src/routing/rule.ts";
import { FairShare } from "#src/collections/fair-share.ts";
import { backendServiceName, upstreamName } from "./upstream-name.ts";
import { BucketCounts } from "./bucket-counts.ts";

/** Those of ingress-nginx. */
const TIME_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LENGTH_BOUNDS = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const SIZE_BOUNDS = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** Methods with a series of their own; all others have one together. */
export const SERIES_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"] as const;

export type SeriesMethod = (typeof SERIES_METHODS)[number];

/**
 * Sets of labels that are counted apart; more are counted together, by status alone. Each has some 60 series. A namespace may have as
 * many as are still free: an endpoint can answer with 900 statuses, and must not keep the requests of others from being counted.
 */
const MAX_SERIES = 10_000;

/** What tells one series of ingress-nginx from another. */
interface SeriesLabels {
  readonly status: string;
  readonly method: string;
  readonly path: string;
  readonly namespace: string;
  readonly ingress: string;
  readonly service: string;
  readonly canary: string;
  readonly host: string;
}

/** What is counted under one set of labels. */
export interface Series {
  readonly labels: SeriesLabels;
  /** `namespace/name` of the Ingress. */
  readonly object: string;
  requests: number;
  readonly requestSeconds: BucketCounts;
  readonly responseSeconds: BucketCounts;
  readonly requestBytes: BucketCounts;
  readonly responseBytes: BucketCounts;
  readonly sentBytes: BucketCounts;
}

const COUNTED = ["requestSeconds", "responseSeconds", "requestBytes", "responseBytes", "sentBytes"] as const;

/** What was counted under one set of labels in some time. */
export type TakenSeries = Pick<Series, "labels" | "object" | "requests"> &
  Readonly<Record<(typeof COUNTED)[number], Pick<BucketCounts, "counts" | "sum">>>;

/** A request that has ended. */
export interface SeriesRequest {
  readonly rule: Rule;
  readonly canary: Canary | undefined;
  /** As in the rule; empty for the catch-all. */
  readonly host: string;
  readonly method: SeriesMethod;
  readonly status: number;
  readonly durationMs: number;
  /** Of the endpoint that answered; undefined: none was asked. */
  readonly responseMs: number | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Counts requests under the labels of ingress-nginx. The labels are those of rules, never what clients send. */
export class RequestSeries {
  #byKey = new Map<string, Series>();
  #ofNamespaces = new FairShare(MAX_SERIES);
  readonly #hosts = new WeakMap<Rule, string>();
  /** By status; of all sets of labels beyond the bound. */
  #others = new Map<string, Series>();

  /** The host that a rule is of, as in the rule; looked for once. */
  hostOf(rule: Rule, find: () => string | undefined): string {
    const known = this.#hosts.get(rule);
    if (known !== undefined) return known;
    const found = find() ?? "";
    this.#hosts.set(rule, found);
    return found;
  }

  count(request: SeriesRequest): void {
    const series = this.#seriesOf(request);
    series.requests += 1;
    series.requestSeconds.observe(request.durationMs / 1_000);
    if (request.responseMs !== undefined) series.responseSeconds.observe(request.responseMs / 1_000);
    series.requestBytes.observe(request.receivedBytes);
    series.responseBytes.observe(request.sentBytes);
    series.sentBytes.observe(request.sentBytes);
  }

  /** Adds what was counted elsewhere under one set of labels, whose key there was this. */
  add(key: string, taken: TakenSeries): void {
    const { labels, object } = taken;
    const isOther = object === "" && labels.method === "";
    const series = isOther
      ? this.#other(labels.status)
      : (this.#byKey.get(key) ?? this.#newSeries(key, object, labels));
    series.requests += taken.requests;
    for (const name of COUNTED) series[name].add(taken[name]);
  }

  /** What was counted so far, by key; from now on it is counted from 0 again. */
  take(): ReadonlyMap<string, TakenSeries> {
    const taken = new Map<string, TakenSeries>([...this.#byKey, ...this.#others]);
    this.#byKey = new Map();
    this.#others = new Map();
    this.#ofNamespaces = new FairShare(MAX_SERIES);
    return taken;
  }

  /** Forgets what is counted of Ingresses that are not among these. */
  keepOnly(objects: ReadonlySet<string>): void {
    for (const [key, { object, labels }] of this.#byKey) {
      if (objects.has(object)) continue;
      this.#byKey.delete(key);
      this.#ofNamespaces.leave(labels.namespace);
    }
  }

  all(): readonly Series[] {
    return [...this.#byKey.values(), ...this.#others.values()];
  }

  #seriesOf({ rule, canary, host, method, status: code }: SeriesRequest): Series {
    const { object, path } = rule.origin;
    const status = String(code);
    const backend = rule.action.kind === "forward" ? rule.action.backend : "";
    const key = `${object} ${host} ${path} ${backend} ${canary?.backend ?? ""} ${method} ${status}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const [namespace = "", ingress = ""] = object.split("/");
    return this.#newSeries(key, object, {
      status,
      method,
      path: path === "" ? "/" : path,
      namespace,
      ingress,
      service: backendServiceName(backend),
      canary: upstreamName(canary?.backend ?? ""),
      host: host === "" ? "_" : host,
    });
  }

  #newSeries(key: string, object: string, labels: SeriesLabels): Series {
    const { namespace } = labels;
    if (!this.#ofNamespaces.hasPlaceFor(namespace)) return this.#other(labels.status);
    const series = emptySeries(labels, object);
    this.#byKey.set(key, series);
    this.#ofNamespaces.enter(namespace);
    return series;
  }

  #other(status: string): Series {
    const known = this.#others.get(status);
    if (known !== undefined) return known;
    const none = { method: "", path: "", namespace: "", ingress: "", service: "", canary: "", host: "" };
    const series = emptySeries({ status, ...none }, "");
    this.#others.set(status, series);
    return series;
  }
}

function emptySeries(labels: SeriesLabels, object: string): Series {
  return {
    labels,
    object,
    requests: 0,
    requestSeconds: new BucketCounts(TIME_BOUNDS),
    responseSeconds: new BucketCounts(TIME_BOUNDS),
    requestBytes: new BucketCounts(LENGTH_BOUNDS),
    responseBytes: new BucketCounts(LENGTH_BOUNDS),
    sentBytes: new BucketCounts(SIZE_BOUNDS),
  };
}
