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
  readonly #byKey = new Map<string, Series>();
  readonly #ofNamespaces = new FairShare(MAX_SERIES);
  readonly #hosts = new WeakMap<Rule, string>();
  /** By status; of all sets of labels beyond the bound. */
  readonly #others = new Map<string, Series>();

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
    if (!this.#ofNamespaces.hasPlaceFor(namespace)) return this.#other(status);
    const labels = {
      status,
      method,
      path: path === "" ? "/" : path,
      namespace,
      ingress,
      service: backendServiceName(backend),
      canary: upstreamName(canary?.backend ?? ""),
      host: host === "" ? "_" : host,
    };
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
