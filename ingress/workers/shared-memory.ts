import { randomBytes } from "node:crypto";
import { BUCKETS_SHAPE, SharedBuckets } from "#ingress/shared/shared-buckets.ts";
import { SharedFacts, FACTS_SHAPE } from "#ingress/shared/shared-facts.ts";
import { SharedPlaces } from "#ingress/shared/shared-places.ts";
import { SharedTable } from "#ingress/shared/shared-table.ts";
import type { GateLimits } from "#ingress/io/connection-gate.ts";
import { SharedClientLimits } from "./shared-client-limits.ts";
import { SharedGatePlaces } from "./shared-gate-places.ts";
import { UnreadBytes } from "./unread-bytes.ts";

/** Requests that are open at once for limits of Ingresses (limit-connections), each of another client at most. */
const OPEN_REQUESTS = 16_384;

/** The memory that the workers of a program share: what their limits count must be the same for all. Numbers and hashes alone. */
export interface SharedMemory {
  readonly workers: number;
  readonly limits: GateLimits;
  /** What keys are hashed with. */
  readonly secret: string;
  readonly rates: SharedArrayBuffer;
  readonly buckets: SharedArrayBuffer;
  readonly openRequests: SharedArrayBuffer;
  readonly addresses: SharedArrayBuffer;
  readonly connections: SharedArrayBuffer;
  readonly verdicts: SharedArrayBuffer;
  readonly unread: SharedArrayBuffer;
}

/** Makes this memory, in which nothing is counted yet. */
export function makeSharedMemory(workers: number, limits: GateLimits): SharedMemory {
  return {
    workers,
    limits,
    secret: randomBytes(32).toString("base64"),
    rates: SharedTable.memory(BUCKETS_SHAPE),
    buckets: SharedTable.memory(BUCKETS_SHAPE),
    openRequests: SharedTable.memory(SharedPlaces.shape(OPEN_REQUESTS, workers)),
    addresses: SharedTable.memory(SharedPlaces.shape(limits.connections, workers)),
    connections: SharedGatePlaces.memory(workers),
    verdicts: SharedTable.memory(FACTS_SHAPE),
    unread: UnreadBytes.memory(workers),
  };
}

/** Opens this memory for a thread: a worker, or the one that looks after them (index `workers`). */
export function openSharedMemory(memory: SharedMemory, index: number) {
  const { workers, limits, secret } = memory;
  const by = { owner: index + 1, secret };
  const rates = new SharedTable(memory.rates, BUCKETS_SHAPE, by);
  const buckets = new SharedTable(memory.buckets, BUCKETS_SHAPE, by);
  const openRequests = new SharedTable(memory.openRequests, SharedPlaces.shape(OPEN_REQUESTS, workers), by);
  const addresses = new SharedTable(memory.addresses, SharedPlaces.shape(limits.connections, workers), by);
  const verdicts = new SharedTable(memory.verdicts, FACTS_SHAPE, by);
  const open = new SharedPlaces(openRequests, { worker: index, workers });
  const places = new SharedPlaces(addresses, { worker: index, workers });
  const gatePlaces = new SharedGatePlaces({ memory: memory.connections, places, worker: index, workers, limits });
  return {
    keyedBuckets: new SharedBuckets(buckets),
    clientLimits: new SharedClientLimits(new SharedBuckets(rates), open),
    gatePlaces,
    verdicts: new SharedFacts(verdicts),
    unread: new UnreadBytes(memory.unread, index),
    /** Gives back all that a worker had that has ended. */
    clear(worker: number): void {
      for (const table of [rates, buckets, openRequests, addresses, verdicts]) table.unlockOf(worker + 1);
      open.clear(worker);
      places.clear(worker);
      gatePlaces.clear(worker);
      new UnreadBytes(memory.unread, worker).clear();
    },
  };
}
