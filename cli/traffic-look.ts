import {
  type RequestCounts,
  readRequestCounts,
  requestRates,
  type SeenTraffic,
} from "#src/view/page/request-counts.ts";

/** The pages of metrics of all ingresses, by their names; or why they cannot be read. */
export type MetricsPages = ReadonlyMap<string, string> | string;

/** The rate of requests, from what ingresses counted at one look and at the next. */
export class TrafficLook {
  readonly #read: () => Promise<MetricsPages>;
  readonly #nowMs: () => number;
  #before: { readonly atMs: number; readonly counts: ReadonlyMap<string, RequestCounts> } | undefined;

  /** `nowMs`: of a clock that only goes on. */
  constructor(read: () => Promise<MetricsPages>, nowMs: () => number) {
    this.#read = read;
    this.#nowMs = nowMs;
  }

  async look(): Promise<SeenTraffic> {
    const pages = await this.#read();
    if (typeof pages === "string") {
      this.#before = undefined;
      return { rates: undefined, why: pages };
    }
    const now = {
      atMs: this.#nowMs(),
      counts: new Map([...pages].map(([name, page]) => [name, readRequestCounts(page)])),
    };
    const before = this.#before;
    this.#before = now;
    if (pages.size === 0) return { rates: undefined, why: "no ingress is ready" };
    const rates = before && requestRates(before.counts, now.counts, now.atMs - before.atMs);
    return rates === undefined ? { rates, why: "they are known after a second look" } : { rates, why: "" };
  }
}
