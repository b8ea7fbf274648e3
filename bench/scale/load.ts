// Creates objects at an API server, as many at once as told, and prints what came of it as lines of JSON. The order
// comes as JSON in argv[2]. A process of its own, so that no other work delays it.
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient, type ApiRequest } from "#src/source/kubernetes/api/client.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { addressPatch, eventObject, namesOf, serviceObject, sliceObject } from "./objects.ts";

export interface LoadOrder {
  readonly kubeconfig: string;
  readonly namespace: string;
  /**
   * `slices`: an EndpointSlice for each Service; `services`: the Services alone; `floor`: of each Service also a status
   * and an Event, which is the least that any load balancer writes.
   */
  readonly task: "slices" | "services" | "floor";
  /** Begins the names. */
  readonly prefix: string;
  readonly count: number;
  /** Requests under way at once. */
  readonly atOnce: number;
  /** Pause after each, in milliseconds, half of it left to chance; default none. */
  readonly pauseMs?: number;
  /** The addresses that some Services ask for, by their number from 0. */
  readonly requests?: Readonly<Record<number, string>>;
  /** Whether to wait until each Service has an address. */
  readonly awaitsAddresses?: boolean;
}

/** What is printed. */
export type LoadLine =
  /** A Service that asked for an address: when its POST was sent, and when it was answered (process.hrtime). */
  | { readonly kind: "requested"; readonly ip: string; readonly sentNs: string; readonly answeredNs: string }
  /** Seconds from the first POST to the last answer, and to the last address where they were awaited. */
  | { readonly kind: "done"; readonly createdS: number; readonly assignedS: number };

/** No address for so long: there will be none. */
const STALL_MS = 180_000;

const timing = {
  delay: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  chance: Math.random,
  clock: Date.now,
};

function print(line: LoadLine): void {
  console.log(JSON.stringify(line));
}

async function run(order: LoadOrder): Promise<void> {
  const config = readKubeconfig(order.kubeconfig);
  if (!config.ok) throw new Error(config.problems[0]?.why);
  const client = new ApiClient(config.value, timing);
  const services = `/api/v1/namespaces/${order.namespace}/services`;
  const assigned = order.awaitsAddresses === true ? await watchAddresses(client, services, order) : undefined;
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1_000;
  const numbers = Array.from({ length: order.count }, (_, number) => number).values();
  const worker = async (): Promise<void> => {
    for (const number of numbers) {
      await createOne(client, order, number);
      if (order.pauseMs !== undefined) await sleep((order.pauseMs / 2) * (1 + Math.random()));
    }
  };
  await Promise.all(Array.from({ length: order.atOnce }, worker));
  const createdS = seconds();
  await assigned?.all;
  print({ kind: "done", createdS, assignedS: seconds() });
  client.close();
}

async function createOne(client: ApiClient, order: LoadOrder, number: number): Promise<void> {
  const { namespace, prefix, task, requests = {} } = order;
  const { name, slice } = namesOf(prefix, number);
  const core = `/api/v1/namespaces/${namespace}`;
  if (task === "slices") {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    return must(client, { method: "POST", path, body: sliceObject(slice, name) });
  }
  const ip = requests[number];
  const sentNs = String(process.hrtime.bigint());
  await must(client, { method: "POST", path: `${core}/services`, body: serviceObject(name, ip) });
  if (ip !== undefined) print({ kind: "requested", ip, sentNs, answeredNs: String(process.hrtime.bigint()) });
  if (task !== "floor") return;
  const contentType = "application/merge-patch+json";
  await must(client, {
    method: "PATCH",
    path: `${core}/services/${name}/status`,
    body: addressPatch(number),
    contentType,
  });
  await must(client, { method: "POST", path: `${core}/events`, body: eventObject(namespace, name) });
}

async function must(client: ApiClient, request: ApiRequest): Promise<void> {
  const outcome = await client.request(request);
  if (outcome.kind !== "ok") throw new Error(`${request.method} ${request.path}: ${outcome.status} ${outcome.message}`);
}

/**
 * Resolves once the Services of the collection are listed; `all` resolves when so many have an address. A server cuts
 * the watch of a client that comes too late to it: then it begins again with a list.
 */
async function watchAddresses(
  client: ApiClient,
  path: string,
  { prefix, count }: LoadOrder,
): Promise<{ readonly all: Promise<void> }> {
  /** Names of ours that have an address. */
  const seen = new Set<string>();
  const take = (name = ""): void => void (name.startsWith(`${prefix}-`) && seen.add(name));
  const stop = new AbortController();
  let heardMs = performance.now();
  let version = await listAddresses(client, path, take);
  const onLines = (lines: readonly string[]): void => {
    // Parsing each object would cost this process more than all the rest.
    for (const line of lines) {
      if (line.includes('"ingress":[{"ip":')) take(/"name":"([^"]*)"/.exec(line)?.[1]);
    }
    heardMs = performance.now();
    if (seen.size >= count) stop.abort();
  };
  const follow = async (): Promise<void> => {
    while (seen.size < count) {
      // Ended now and then, so that a stall is seen.
      const query = `watch=1&timeoutSeconds=60&resourceVersion=${version}`;
      const watch = client.watch({ path: `${path}?${query}`, signal: stop.signal, onStart: () => undefined, onLines });
      await watch.catch(() => undefined);
      if (seen.size >= count) return;
      const stalledMs = performance.now() - heardMs;
      if (stalledMs > STALL_MS) throw new Error(`${seen.size} of ${count} have an address, and there are no new ones`);
      version = await listAddresses(client, path, take);
    }
  };
  return { all: follow() };
}

/** Tells the names of the Services that have an address; resolves with the version of the list. */
async function listAddresses(client: ApiClient, path: string, take: (name: string) => void): Promise<string> {
  for (let next = ""; ;) {
    const page = await client.request({ method: "GET", path: `${path}?limit=500${next}` });
    if (page.kind !== "ok") throw new Error(`list ${path}: ${page.status} ${page.message}`);
    const { metadata, items } = page.body as ServiceList;
    for (const one of items) if (one.status.loadBalancer.ingress !== undefined) take(one.metadata.name);
    if (metadata.continue === undefined) return metadata.resourceVersion;
    next = `&continue=${metadata.continue}`;
  }
}

interface ServiceList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly loadBalancer: { readonly ingress?: unknown } };
  }[];
}

await run(JSON.parse(process.argv[2] ?? "{}") as LoadOrder);
