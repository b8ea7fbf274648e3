import { addTo, BucketCounts } from "./bucket-counts.ts";
import { DURATION_BOUNDS } from "./counters.ts";

/** Ingresses that are counted apart at once; more are counted together. */
const MAX_INGRESSES = 20_000;

/** What is counted of the requests of one Ingress. */
export interface Traffic {
  /** By first digit of the status; 6 is for all from 600 on. */
  readonly requests: Float64Array;
  receivedBytes: number;
  sentBytes: number;
  /** In seconds. */
  readonly durations: BucketCounts;
}

/** What was counted of one Ingress in some time. */
export interface TakenTraffic extends Pick<Traffic, "requests" | "receivedBytes" | "sentBytes"> {
  readonly durations: Pick<BucketCounts, "counts" | "sum">;
}

/** What is counted of a request that has ended. */
interface EndedRequest {
  readonly status: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly durationMs: number;
}

/** Counts the requests of each Ingress, as long as it has rules. */
export class IngressTraffic {
  #byIngress = new Map<string, Traffic>();

  /** `object`: `namespace/name` of the Ingress whose rule the request matched. */
  count(object: string, { status, receivedBytes, sentBytes, durationMs }: EndedRequest): void {
    const traffic = this.#trafficOf(object);
    traffic.requests[Math.min(Math.trunc(status / 100), 6)]! += 1;
    traffic.receivedBytes += receivedBytes;
    traffic.sentBytes += sentBytes;
    traffic.durations.observe(durationMs / 1_000);
  }

  /** Adds what was counted elsewhere of one Ingress. */
  add(object: string, { requests, receivedBytes, sentBytes, durations }: TakenTraffic): void {
    const traffic = this.#trafficOf(object);
    addTo(traffic.requests, requests);
    traffic.receivedBytes += receivedBytes;
    traffic.sentBytes += sentBytes;
    traffic.durations.add(durations);
  }

  /** What was counted so far; from now on it is counted from 0 again. */
  take(): ReadonlyMap<string, TakenTraffic> {
    const taken = this.#byIngress;
    this.#byIngress = new Map();
    return taken;
  }

  /** Forgets the Ingresses that are not among these. */
  keepOnly(objects: ReadonlySet<string>): void {
    for (const object of this.#byIngress.keys()) if (!objects.has(object)) this.#byIngress.delete(object);
  }

  entries(): Iterable<readonly [object: string, traffic: Traffic]> {
    return this.#byIngress;
  }

  #trafficOf(object: string): Traffic {
    const known = this.#byIngress.get(object);
    if (known !== undefined) return known;
    if (object !== "" && this.#byIngress.size >= MAX_INGRESSES) return this.#trafficOf("");
    const traffic: Traffic = {
      requests: new Float64Array(7),
      receivedBytes: 0,
      sentBytes: 0,
      durations: new BucketCounts(DURATION_BOUNDS),
    };
    this.#byIngress.set(object, traffic);
    return traffic;
  }
}
