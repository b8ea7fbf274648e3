import { type Cidr, cidrContains } from "#src/ip/cidr.ts";
import type { Ip } from "#src/ip/address.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import type { ConflictPolicy } from "#src/model/conflict-policy.ts";
import type { ForbiddenReason } from "#src/model/forbidden-address.ts";

/** A live speaker as another one knows it from heartbeats; the speaker itself is a member too. */
export interface Member {
  readonly node: string;
  /** It has its objects and has heard the others: it may be elected. */
  readonly ready: boolean;
  /** It is shutting down: it goes on answering until its successor does. */
  readonly leaving: boolean;
  /** Since when it has been live without a break, in the observer's monotonic milliseconds. */
  readonly liveSinceMs: number;
  /** Networks of its usable interfaces. */
  readonly subnets: readonly Cidr[];
  /** What it answers for now, by address text. */
  readonly claims: ReadonlyMap<string, Claim>;
}

/** An address that the cluster wants announced. */
export interface WantedAddress {
  readonly ip: Ip;
  /** The nodes that the advertisements of its pool choose; undefined means all. */
  readonly selected: ReadonlySet<string> | undefined;
  /** Its pool is in no advertisement, so that no node announces it. */
  readonly isUnadvertised?: true;
  /** Selectors of the interfaces that a node announces it on; a node that is not there is free to use all. Left out: all nodes are. */
  readonly interfaces?: ReadonlyMap<string, readonly string[]>;
  /** The nodes that have none of the interfaces that they may announce it on. */
  readonly unlinked?: ReadonlySet<string>;
  /** What its owner does where another machine has it; left out: `DEFAULT_CONFLICT_POLICY`. */
  readonly conflict?: ConflictPolicy;
  /** By node, how much it comes before others; one that is not there has 0. */
  readonly scores?: ReadonlyMap<string, number>;
  /** The nodes with an endpoint that takes traffic, where only those may announce it; undefined means all. */
  readonly serving: ReadonlySet<string> | undefined;
  /** Why it is never announced, whatever any object says; undefined for an ordinary address. */
  readonly forbidden: ForbiddenReason | undefined;
  /** Those of `serving` whose endpoints are all terminating: the traffic would soon be lost there. */
  readonly terminating: ReadonlySet<string>;
}

/** Why the cluster keeps a node from announcing anything. */
type NodeReason = "NodeUnknown" | "NodeExcluded" | "NetworkUnavailable";

/**
 * What the cluster says of a node: nothing against it, that a person drains it, that it is not Ready (an opinion some 40 s
 * old), or a reason.
 */
export type NodeStanding = "Usable" | StandBackStanding | NodeReason;

/** A node that stands back for others, and announces where there is no other. */
type StandBackStanding = "NodeDraining" | "NodeNotReady";

/** Of each Node object; undefined where no Node is declared: then every speaker's node is usable. */
export type NodeStandings = ReadonlyMap<string, NodeStanding> | undefined;

/** Why a member cannot serve an address. */
type UnableReason =
  | ForbiddenReason
  | "NotReady"
  | "Leaving"
  | NodeReason
  | "NotAdvertised"
  | "NodeNotSelected"
  | "NoEndpoint"
  | "NoSubnet"
  | "NoInterface";
/** Why a member that can serve an address stands back for one that has nothing against it. */
type StandBackReason = StandBackStanding | "EndpointTerminating";
/** Why a member does not stand for an address: a closed set, shown in reports, status and metrics (docs/architecture.md). */
export type IneligibleReason = UnableReason | StandBackReason;

/** Whether a member with this reason only stands back for others. */
export function isStandBackReason(reason: IneligibleReason): reason is StandBackReason {
  return reason === "EndpointTerminating" || reason === "NodeDraining" || reason === "NodeNotReady";
}

export function standingOf(node: string, nodes: NodeStandings): NodeStanding {
  return nodes === undefined ? "Usable" : (nodes.get(node) ?? "NodeUnknown");
}

/** Undefined if the member can serve the address, else the first reason why not. */
export function whyUnable(member: Member, wanted: WantedAddress, nodes: NodeStandings): UnableReason | undefined {
  if (wanted.forbidden !== undefined) return wanted.forbidden;
  if (wanted.isUnadvertised === true) return "NotAdvertised";
  if (!member.ready) return "NotReady";
  if (member.leaving) return "Leaving";
  const standing = standingOf(member.node, nodes);
  if (standing !== "Usable" && !isStandBackReason(standing)) return standing;
  if (wanted.selected?.has(member.node) === false) return "NodeNotSelected";
  if (wanted.serving?.has(member.node) === false) return "NoEndpoint";
  if (!member.subnets.some((subnet) => cidrContains(subnet, wanted.ip))) return "NoSubnet";
  return wanted.unlinked?.has(member.node) === true ? "NoInterface" : undefined;
}

/** Undefined if nothing is to be said against a member that can serve the address, else the first such reason. */
export function whyReserved(
  { node }: Member,
  { terminating }: WantedAddress,
  nodes: NodeStandings,
): StandBackReason | undefined {
  if (terminating.has(node)) return "EndpointTerminating";
  const standing = standingOf(node, nodes);
  return standing === "NodeDraining" || standing === "NodeNotReady" ? standing : undefined;
}
