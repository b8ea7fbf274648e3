import type { KubeObject, ObjectRef } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";
import type { SpeakerProcess } from "./speaker-process.ts";
import type { LeaseSeen } from "./view-leaders.ts";
import type { ServiceClass } from "#src/model/service-class.ts";

/** An Event as the API server or the folder keeps it. */
export interface EventView {
  readonly about: ObjectRef;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** When it was seen last and first, in ISO 8601. */
  readonly time: string;
  readonly first: string;
  readonly count: number;
}

/** What is seen of an installation. A part is undefined where it may not be read. */
export interface StatusInput extends ServiceClass {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Where Hawser's own objects are expected. */
  readonly namespace: string;
  /** `namespace/name` of the ConfigMap with the pools. */
  readonly configMap: string;
  /** The ConfigMap of this name, at most one. */
  readonly configMaps: readonly KubeObject[] | undefined;
  /** Other ConfigMaps, as far as they are seen: pools in one are not read. */
  readonly otherConfigMaps?: readonly KubeObject[] | undefined;
  /** Where MetalLB's custom resources are read. Default `metallb-system`. */
  readonly metallbNamespace?: string;
  /** MetalLB's custom resources. Left out: none. */
  readonly resources?: readonly KubeObject[] | undefined;
  /** Namespaces, whose labels pools may select. Left out: only their names are known. */
  readonly namespaces?: readonly KubeObject[] | undefined;
  readonly services: readonly KubeObject[] | undefined;
  readonly nodes: readonly KubeObject[] | undefined;
  readonly slices: readonly KubeObject[] | undefined;
  /** The speakers' processes; empty where nothing shows them. */
  readonly processes: readonly SpeakerProcess[] | undefined;
  /** What speakers report, and their member records. */
  readonly reports: ReadonlyMap<string, Fields> | undefined;
  readonly members: ReadonlyMap<string, Fields> | undefined;
  /** What the controller keeps of who had which address: its report by name. Left out: nothing is known of what rests. */
  readonly history?: ReadonlyMap<string, Fields> | undefined;
  /** The Leases of elections by name. "none": no election is held here, as in a folder. */
  readonly leases: ReadonlyMap<string, LeaseSeen> | "none" | undefined;
  /** Oldest first. */
  readonly events: readonly EventView[] | undefined;
  /** Of the source itself. */
  readonly problems: readonly Problem[];
}
