import { readFileSync } from "node:fs";
import type { Cluster } from "#lab/cluster/cluster.ts";

/** Writes to an API server by resource (`services`, `events`, ...), whatever was answered. */
export type Writes = ReadonlyMap<string, number>;

const WRITE_VERBS = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];

/** All writes since the API server started, by its own counters (`apiserver_request_total`). */
export async function readWrites(cluster: Cluster): Promise<Writes> {
  const text = await cluster.api.must<string>({ path: "/metrics" });
  const writes = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (!line.startsWith("apiserver_request_total{")) continue;
    const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? "";
    const resource = label("resource");
    if (!WRITE_VERBS.includes(label("verb"))) continue;
    // The API server's own Events, of its IP allocator for example; all that are measured here write Events of the core.
    if (label("group") === "events.k8s.io") continue;
    writes.set(resource, (writes.get(resource) ?? 0) + Number(line.slice(line.lastIndexOf(" ") + 1)));
  }
  return writes;
}

/** The writes between two looks. */
export function writesBetween(before: Writes, after: Writes): Writes {
  return new Map([...after].map(([resource, count]) => [resource, count - (before.get(resource) ?? 0)]));
}

/** The memory of a process in MB of 10^6 bytes (proc(5)). */
interface Memory {
  /** In RAM now: VmRSS; pages of programs and libraries, which all processes share, count too. */
  readonly rss: number;
  /** The most it ever was: VmHWM. */
  readonly peak: number;
  /** Its own alone: RssAnon. */
  readonly private: number;
}

export function memoryMb(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) * 1_024) / 1e6;
  return { rss: mb("VmRSS"), peak: mb("VmHWM"), private: mb("RssAnon") };
}
