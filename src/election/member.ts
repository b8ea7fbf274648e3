import { type Cidr, cidrContains } from "#src/ip/cidr.ts";
import type { Ip } from "#src/ip/address.ts";
import type { Claim } from "#src/wire/heartbeat.ts";

/** A live speaker as another one knows it from heartbeats; the speaker itself is a member too. */
export interface Member {
  readonly node: string;
  /** It has its objects and has heard the others: it may be elected. */
  readonly ready: boolean;
  /** It is shutting down: it goes on answering until somebody else does. */
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
  /** The nodes that may announce it, for example those with a local endpoint; undefined means all. */
  readonly nodes: ReadonlySet<string> | undefined;
}

/** Why a member does not stand for an address: a closed set, shown in status. */
export type Ineligibility = "NotReady" | "Leaving" | "NodeNotAllowed" | "NoSubnet";

/** Undefined if the member can serve the address, else the first reason why not. */
export function whyIneligible(member: Member, wanted: WantedAddress): Ineligibility | undefined {
  if (!member.ready) return "NotReady";
  if (member.leaving) return "Leaving";
  if (wanted.nodes !== undefined && !wanted.nodes.has(member.node)) return "NodeNotAllowed";
  return member.subnets.some((subnet) => cidrContains(subnet, wanted.ip)) ? undefined : "NoSubnet";
}
