import type { Advertisement } from "#src/model/advertisement.ts";
import {
  type IneligibleReason,
  type Member,
  type NodeStanding,
  type NodeStandings,
  whyReserved,
  whyUnable,
} from "#src/election/member.ts";
import { type NodeInterfaces, nodeInterfacesOf } from "#src/election/advertised.ts";
import { nodeStanding, wantedAddress } from "#src/election/wanted.ts";
import type { Ip } from "#src/ip/address.ts";
import {
  type Endpoint,
  type EndpointSlice,
  parseEndpointSlice,
  SERVICE_NAME_LABEL,
} from "#src/model/endpoint-slice.ts";
import type { HostAddresses } from "#src/model/host-addresses.ts";
import type { MemberRecord } from "#src/model/member-record.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { Node } from "#src/model/node.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Service } from "#src/model/service.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import type { Speakers } from "./view-speakers.ts";

/** What decides which nodes may announce an address. Undefined where it may not be read. */
export interface CandidatesSeen {
  readonly slices: readonly KubeObject[] | undefined;
  readonly nodes: readonly Node[] | undefined;
  readonly memberRecords: readonly MemberRecord[] | undefined;
  readonly hostAddresses: HostAddresses;
  readonly pools: readonly Pool[];
  readonly advertisements: readonly Advertisement[];
  readonly speakers: Speakers;
}

/** A node with a live speaker. */
export interface Candidate {
  readonly node: string;
  /** Why it cannot serve an address; undefined if it can. */
  readonly reason: IneligibleReason | undefined;
  /** Why it stands back for others that can; undefined if it does not. */
  readonly standsBack: IneligibleReason | undefined;
  /** The sum of its weights as a preferred node; 0: it is none. */
  readonly score: number;
}

/** Judges nodes by the rules of the election, as the speakers do. */
export class Candidates {
  readonly #seen: CandidatesSeen;
  /** The EndpointSlices of each Service. They are read when they are asked for: most explanations are of one Service. */
  readonly #objectsOf: ReadonlyMap<string, readonly KubeObject[]>;
  readonly #slicesOf = new Map<string, readonly EndpointSlice[]>();
  /** The nodes with live speakers, without what they announce. */
  readonly members: readonly Member[];
  readonly standings: NodeStandings;
  readonly #interfaces: readonly NodeInterfaces[];

  constructor(seen: CandidatesSeen) {
    this.#seen = seen;
    this.#objectsOf = Map.groupBy(seen.slices ?? [], serviceKeyOf);
    this.#interfaces = (seen.memberRecords ?? []).map(nodeInterfacesOf);
    this.members = membersOf(seen.speakers, this.#interfaces);
    this.standings = standingsOf(seen.speakers.live, seen.nodes);
  }

  /** The slices of a Service, by its key. */
  slicesOf(key: string): readonly EndpointSlice[] {
    const known = this.#slicesOf.get(key);
    if (known !== undefined) return known;
    const read = (this.#objectsOf.get(key) ?? []).flatMap((object) => {
      const slice = parseEndpointSlice(object);
      return slice.ok ? [slice.value] : [];
    });
    this.#slicesOf.set(key, read);
    return read;
  }

  /** The pods of a Service: of a dual-stack one those of the family with more endpoints, because each has one of each family. */
  podsOf(key: string): readonly Endpoint[] {
    const families = (["ipv4", "ipv6"] as const).map((family) =>
      this.slicesOf(key).flatMap((slice) => (slice.family === family ? slice.endpoints : [])),
    );
    return families.reduce((most, some) => (some.length > most.length ? some : most), []);
  }

  /** All nodes with live speakers, for an address that these Services have. Undefined where what decides is not known. */
  judge(ip: Ip, services: readonly Service[]): readonly Candidate[] | undefined {
    const { pools, advertisements, nodes = [], slices, memberRecords, hostAddresses, speakers } = this.#seen;
    const needsSlices = services.some(({ externalTrafficPolicy }) => externalTrafficPolicy === "Local");
    if (memberRecords === undefined || !speakers.isKnown || (needsSlices && slices === undefined)) return undefined;
    const members = this.#interfaces;
    const slicesOf = (key: string): readonly EndpointSlice[] => this.slicesOf(key);
    const wanted = wantedAddress({ ip, services, slicesOf, pools, advertisements, nodes, members, hostAddresses });
    return this.members.map((member) => ({
      node: member.node,
      reason: whyUnable(member, wanted, this.standings),
      standsBack: whyReserved(member, wanted, this.standings),
      score: wanted.scores?.get(member.node) ?? 0,
    }));
  }
}

/** The Service of an EndpointSlice, by its key; a slice that names none is not read, and has one that no Service has. */
function serviceKeyOf({ metadata: { namespace, labels } }: KubeObject): string {
  return keyOf({ namespace, name: labels[SERVICE_NAME_LABEL] ?? "" });
}

/** What the speakers themselves say of their nodes, which knows --ignore-exclude-lb; of older reports what the Nodes say. */
function standingsOf(live: readonly SpeakerReport[], nodes: readonly Node[] | undefined): NodeStandings {
  const said = live.filter(({ standing }) => standing !== "").map(({ node, standing }) => [node, standing] as const);
  const seen = (nodes ?? []).map((node) => [node.name, nodeStanding(node, { ignoresExcludeLabel: false })] as const);
  const standings = new Map([...seen, ...said] as readonly (readonly [string, NodeStanding])[]);
  return standings.size === 0 ? undefined : standings;
}

function membersOf({ live }: Speakers, known: readonly NodeInterfaces[]): readonly Member[] {
  const interfacesOf = new Map(known.map(({ node, interfaces }) => [node, interfaces]));
  return live.map(({ node, ready }) => {
    const subnets = interfacesOf.get(node)?.flatMap((one) => one.subnets) ?? [];
    return { node, ready, leaving: false, liveSinceMs: 0, subnets, claims: new Map() };
  });
}
