import type { Family } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";

/** An address to announce, as it crosses from the main thread to the worker. */
interface WantedMessage {
  readonly ip: string;
  /** Nodes that may announce it; undefined means all. */
  readonly nodes: readonly string[] | undefined;
}

/** Another speaker: its node and the address its heartbeats go to. */
export interface PeerMessage {
  readonly node: string;
  readonly address: string;
  readonly family: Family;
}

/** Main thread to worker. `cluster` replaces all that was said before. */
export type ToWorker =
  | { readonly kind: "cluster"; readonly wanted: readonly WantedMessage[]; readonly peers: readonly PeerMessage[] }
  | { readonly kind: "leave" };

/** How the worker is set up; fixed for its life. */
export interface WorkerSettings {
  readonly node: string;
  readonly heartbeatPort: number;
  readonly heartbeatEveryMs: number;
  readonly deadAfterMs: number;
  readonly failBackAfterMs: number | undefined;
  /** Interface names to use; empty: every usable one, for the addresses of its own networks. */
  readonly interfaces: readonly string[];
  /** The first signs; all are accepted. At least 16 bytes each. */
  readonly heartbeatKeys: readonly Uint8Array[];
}

/** What this speaker does, for status and logs. Times are monotonic milliseconds (src/process/clock.ts). */
export interface SpeakerState {
  readonly ready: boolean;
  readonly announcing: readonly { readonly ip: string; readonly term: number; readonly sinceMs: number }[];
  readonly owners: readonly { readonly ip: string; readonly owner: string | undefined }[];
  readonly members: readonly { readonly node: string; readonly ready: boolean; readonly leaving: boolean }[];
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly subnets: readonly string[] }[];
}

/** Counters since start, by name and label value: what /metrics shows. */
export type Counters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Worker to main thread. */
export type FromWorker =
  | { readonly kind: "state"; readonly state: SpeakerState }
  | { readonly kind: "counters"; readonly counters: Counters }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn" | "error";
      readonly msg: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  /** All that is wrong with one need of the speaker now: without it the speaker is not ready. */
  | { readonly kind: "problems"; readonly need: "heartbeats" | "sockets"; readonly problems: readonly Problem[] }
  | { readonly kind: "left" };
