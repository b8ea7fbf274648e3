import type { Kind } from "#src/model/kind.ts";
import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import type { Leadership } from "./leadership.ts";

/** What a program wants to hear of. */
export interface SourceListener {
  /**
   * Marks work: these objects appeared, changed or went. Decide from `list()` or `get()`, never from this. Every
   * difference from before is reported, the first objects too: a listener that looks again at what is reported knows everything.
   */
  onChange(changed: readonly ObjectRef[]): void;
  /** Problems of the source itself (an unreadable file, a refused watch), each reported once; empty: `where` has none any longer. */
  onProblems(where: string, problems: readonly Problem[]): void;
  /** `has(kind)` is another than before. What is listed of the kind may be the same: none. */
  onPresence?(kind: Kind): void;
  /** A report of a topic that is watched changed or is gone. */
  onReports?(): void;
}

/**
 * What programs say of themselves: `report` is what one does now, for the controller and people; `member` is who it is
 * to its members, which changes rarely, because all of them read it of all; `history` is what was, and is kept when its
 * writer ends; `capture` is what a person asked to see, and is there for a minute.
 */
export type ReportTopic = (typeof REPORT_TOPICS)[number];

export const REPORT_TOPICS = ["report", "member", "history", "capture"] as const;

export interface ReportOptions {
  /** Default `report`. */
  readonly topic?: ReportTopic;
  /** The object it goes with, where there is one: deleted with it. A cluster-wide one, of a kind this source is open for. */
  readonly goesWith?: ObjectRef;
}

/** How a patch ended: `conflict` and `gone` mean look again, nothing was written. */
export type PatchResult = "written" | "unchanged" | "conflict" | "gone";

/** An object that a program makes, as a manifest has it; its `apiVersion` is that of the kind. */
export interface NewObject {
  readonly kind: Kind;
  readonly metadata: {
    /** Empty for objects without a namespace. */
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** `exists`: there is one of this name, which stays as it is. */
export type CreateResult = "created" | "exists";

/** What is patched on an object: only these two, and only on difference. */
export interface StatusPatch {
  /** Replaces these fields of `status`; undefined removes the field. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** Sets annotations; undefined removes one. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
}

/**
 * Where objects come from and status goes: the Kubernetes API, or a folder of manifests. The programs cannot tell
 * which; one contract suite (test/source/contract.ts) runs against both.
 */
export interface Source {
  /**
   * Starts watching the kinds. Resolves when all that exists now is in `list()`. An optional kind that the cluster does not have,
   * or that may not be read, is not waited for: it is empty, and looked for again about twice a minute. One that protects something
   * (`KindFacts.isProtecting`) is waited for while it may not be read, if the cluster has it.
   */
  open(kinds: readonly Kind[], listener: SourceListener): Promise<void>;
  /** All objects of a kind as last seen, by key (`namespace/name`). A new map after each change; never mutated. */
  list(kind: Kind): ReadonlyMap<string, KubeObject>;
  /** The object of a key in `list()`, without the copy that a list of many may take. */
  get(kind: Kind, key: string): KubeObject | undefined;
  /**
   * Whether there is such a kind, of those that were opened. A cluster may be without optional kinds (`KindFacts`), whose
   * definitions are installed and removed while programs run; false also for one that could never be read. It is false as soon
   * as a kind is being removed, so that no object of it is seen to be deleted before. Other kinds are always there, in a
   * folder all.
   */
  has(kind: Kind): boolean;
  /**
   * Reads single objects of a kind that was not opened, by key, and no others: from now on `list` shows those of them that
   * there are. Each call replaces the names given before. Resolves when each was looked for once, or could not be.
   */
  follow(kind: Kind, keys: ReadonlySet<string>): Promise<void>;
  /** Writes status, optimistically against the version in `list()`; never rejects for a conflict, only for a failed effect. */
  patch(ref: ObjectRef, patch: StatusPatch): Promise<PatchResult>;
  /**
   * Makes an object, which `list()` shows soon after where it is opened or followed. In a folder it is a manifest in
   * `.hawser/objects`. Rejects for a failed effect: no such namespace, no right, or a program that stands for leader and does not lead.
   */
  create(object: NewObject): Promise<CreateResult>;
  /** Records an Event; never rejects, never blocks: the queue is bounded and the oldest is dropped. */
  record(event: EventRecord): void;
  /** Publishes what this program itself reports (a speaker: what it announces). One writer per name, whatever the topic. */
  report(name: string, value: Readonly<Record<string, unknown>>, options?: ReportOptions): Promise<void>;
  /** All reports of a topic, by name; default `report`. */
  reports(topic?: ReportTopic): ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /**
   * Stands for leader among the programs that share this election name, until `close()`, which gives it up. From then
   * on `patch` writes only while this program leads, and says `conflict` otherwise. A leader is notified when it is open
   * and `list()` shows all that the one before it wrote. A candidate that stands before `open()` mostly knows by then whether it
   * leads, and reads everything once. A folder has one program of a kind: it leads at once.
   */
  lead(election: string, onChange: (leads: boolean) => void): Leadership;
  close(): Promise<void>;
}
