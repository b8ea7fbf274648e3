import type { CaptureReport } from "#src/model/capture-report.ts";
import type { ConflictPolicy } from "#src/model/conflict-policy.ts";
import type { ForbiddenReason } from "#src/model/forbidden-address.ts";
import type { IneligibleReason, NodeStanding } from "#src/election/member.ts";
import type { Family } from "#src/ip/address.ts";
import type { DailyWindow } from "#src/model/daily-window.ts";
import type { PrintedMachineAddress } from "#src/model/member-record.ts";
import type { Pool } from "#src/model/pool.ts";
import type { AnswerColumns } from "./last-answers.ts";
import type { Takeover } from "#src/model/takeover.ts";
import type { Problem } from "#src/model/problem.ts";

/** An address to announce, as it crosses from the main thread to the worker: a `WantedAddress`. */
export interface WantedMessage {
  readonly ip: string;
  readonly forbidden?: ForbiddenReason;
  readonly isUnadvertised?: true;
  readonly selected?: readonly string[];
  /** Selectors of the interfaces that this node announces it on. */
  readonly interfaces?: readonly string[];
  readonly unlinked?: readonly string[];
  readonly scores?: readonly (readonly [node: string, score: number])[];
  readonly conflict?: ConflictPolicy;
  readonly serving?: readonly string[];
  readonly terminating?: readonly string[];
}

/** Another speaker: its node and the address its heartbeats go to. */
export interface MemberMessage {
  readonly node: string;
  readonly address: string;
  readonly family: Family;
  /** Ethernet addresses of the interfaces that it announces on. */
  readonly macs: readonly string[];
  /** The addresses of these interfaces, of both families; left out where they are not known. */
  readonly hops?: readonly string[];
}

/** A pool, and what it contains. */
export type PoolMessage = Pick<Pool, "name" | "ranges" | "excluded" | "avoidBuggyIps">;

/** What changed in the cluster; the first one tells all there is. */
export interface ClusterMessage {
  readonly kind: "cluster";
  /** New, or not as they were. */
  readonly wanted: readonly WantedMessage[];
  /** No longer wanted, by text. */
  readonly gone: readonly string[];
  /** All pools; undefined: as before. */
  readonly pools: readonly PoolMessage[] | undefined;
  /** All other speakers; undefined: as before. */
  readonly members: readonly MemberMessage[] | undefined;
  /** What the Node objects say, an empty list where there are none; undefined: as before. */
  readonly nodes: readonly (readonly [node: string, standing: NodeStanding])[] | undefined;
  /** The others can know of this speaker. */
  readonly isMember: boolean;
  /** For so long from now on a person wants addresses to be spread at once (hawser rebalance); left out: as before. */
  readonly rebalanceForMs?: number;
}

/** The frames about an address are asked for. */
export interface CaptureMessage {
  readonly kind: "capture";
  /** The text of the request. */
  readonly asked: string;
  /** As text. */
  readonly address: string;
  readonly forMs: number;
}

/** Main thread to worker. */
export type ToWorker =
  | ClusterMessage
  | CaptureMessage
  /** No frames are asked for any longer. */
  | { readonly kind: "captureEnd" }
  /** New heartbeat keys: the first one signs, any is accepted. */
  | { readonly kind: "keys"; readonly keys: readonly Uint8Array[] }
  | { readonly kind: "leave" };

/** How the worker is set up; fixed for its life. */
export interface WorkerSettings {
  readonly node: string;
  readonly heartbeatPort: number;
  readonly heartbeatEveryMs: number;
  readonly deadAfterMs: number;
  /** Addresses are spread when no member has changed for so long; undefined: only when a person asks for it. */
  readonly failBackAfterMs: number | undefined;
  /** Only in this time of the day addresses are spread where no person asks for it; undefined: at any time. */
  readonly failBackWindow: DailyWindow | undefined;
  /** TCP connections are kept for so long after an address moved; undefined: they are not. */
  readonly keepConnectionsMs: number | undefined;
  /** Echo requests (ping) to announced addresses are answered. */
  readonly answersPing: boolean;
  /** Interface names to use; empty: every usable one, for the addresses of its own networks. */
  readonly interfaces: readonly string[];
  /** The first one signs, any is accepted. At least 16 bytes each. */
  readonly heartbeatKeys: readonly Uint8Array[];
}

/** What this speaker does, for status and metrics. */
export interface SpeakerState {
  readonly ready: boolean;
  /** What the cluster says of this node. */
  readonly standing: NodeStanding;
  /** How many addresses it answers for, and which, as `printAddresses` prints them. */
  readonly announced: number;
  readonly announcing: readonly string[];
  /** How many wanted addresses no live speaker can serve, and which, by their reasons. */
  readonly unownedCount: number;
  readonly unowned: readonly UnownedState[];
  /** Members that the cluster names and that are not heard, or do not hear this speaker. */
  readonly unheard: readonly string[];
  /** The last rounds in which addresses came or went, the newest first. */
  readonly takeovers: readonly Takeover[];
  /** What its user can fix, of what the worker sees. */
  readonly problems: readonly Problem[];
  /** Wanted addresses that this speaker does not stand for, by reason. */
  readonly ineligible: Readonly<Partial<Record<IneligibleReason, number>>>;
  readonly members: readonly { readonly node: string; readonly ready: boolean; readonly leaving: boolean }[];
  readonly interfaces: readonly InterfaceState[];
  /** Next hops of the node's default routes. */
  readonly gateways: readonly string[];
  /** All addresses of this machine; for the member record, not for the report. */
  readonly machineAddresses: readonly PrintedMachineAddress[];
}

export interface UnownedState {
  /** As `printAddresses` prints them. */
  readonly addresses: readonly string[];
  readonly reasons: Readonly<Partial<Record<IneligibleReason, number>>>;
}

export interface InterfaceState {
  readonly name: string;
  readonly mac: string;
  readonly subnets: readonly string[];
  /** Its own, without link-local ones. */
  readonly addresses: readonly string[];
}

/** Counters since start, what /metrics shows: the rounds of announcements, all else by name and label value. */
export interface SpeakerCounters {
  readonly announcementRounds: number;
  readonly labelled: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Worker to main thread. */
export type FromWorker =
  | { readonly kind: "state"; readonly state: SpeakerState }
  /** Which requests were answered last, where that changed. */
  | { readonly kind: "answers"; readonly answers: AnswerColumns }
  | { readonly kind: "counters"; readonly counters: SpeakerCounters }
  /** What was seen of the frames that were asked for, once it is over. */
  | { readonly kind: "captured"; readonly report: CaptureReport }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn" | "error";
      readonly msg: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  /** All that is wrong with one need of the speaker now: without it the speaker is not ready. */
  | {
      readonly kind: "problems";
      readonly need: "heartbeats" | "sockets" | "connections" | "ping";
      readonly problems: readonly Problem[];
    }
  | { readonly kind: "left" };
