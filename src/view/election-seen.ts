import type { Member, NodeStandings, WantedAddress } from "#src/election/member.ts";
import type { ElectionSnapshot } from "#src/election/plan.ts";
import { WATCHERS, watchersOf } from "#src/election/watchers.ts";
import { nodeInterfacesOf } from "#src/election/advertised.ts";
import { wantedAddress } from "#src/election/wanted.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { isOurService, type ServiceClass } from "#src/model/service-class.ts";
import type { Service } from "#src/model/service.ts";
import { Candidates } from "./candidates.ts";
import type { SeenInstallation } from "./seen-installation.ts";

/** What the speakers decide from, as far as it is seen from outside, and the Services that have each address. */
export interface ElectionSeen {
  readonly snapshot: ElectionSnapshot;
  /** Keys of Services, by address text. */
  readonly servicesOf: ReadonlyMap<string, readonly string[]>;
}

/** Undefined where something may not be read that decides who announces an address. */
export function electionSeen(seen: SeenInstallation, serviceClass: ServiceClass): ElectionSeen | undefined {
  const { memberRecords, speakers, slices, services, nodes = [] } = seen;
  if (memberRecords === undefined || slices === undefined || !speakers.isKnown) return undefined;
  const candidates = new Candidates(seen);
  const users = new Map<string, Service[]>();
  for (const { read } of services) {
    if (!read.ok || !isOurService(read.value, serviceClass)) continue;
    for (const ip of read.value.assignedAddresses) {
      const key = printIp(ip);
      users.set(key, [...(users.get(key) ?? []), read.value]);
    }
  }
  const members = memberRecords.map(nodeInterfacesOf);
  const slicesOf = (key: string) => candidates.slicesOf(key);
  const { pools, advertisements, hostAddresses } = seen;
  const wanted = new Map(
    [...users].flatMap(([key, having]): [string, WantedAddress][] => {
      const ip = parseIp(key);
      if (ip === undefined) return [];
      const use = { ip, services: having, slicesOf, pools, advertisements, nodes, members, hostAddresses };
      return [[key, wantedAddress(use)]];
    }),
  );
  const live = candidates.members.map((member) => withClaims(member, seen));
  const heirsOf = (node: string): ReadonlySet<string> => {
    const subnets = live.find((one) => one.node === node)?.subnets ?? [];
    return new Set(watchersOf({ node, subnets }, live));
  };
  const snapshot: ElectionSnapshot = {
    wanted,
    members: live,
    nodes: candidates.standings,
    knownMembers: Math.max(memberRecords.length, live.length),
    terms: new Map(),
    before: new Map(),
    // As for the speakers: up to so many others, all are heirs.
    ...(live.length - 1 > WATCHERS ? { heirsOf } : {}),
  };
  const servicesOf = new Map([...users].map(([key, having]) => [key, having.map((one) => one.key).sort()]));
  return { snapshot, servicesOf };
}

/** The snapshot as it would be if this node were drained, or no longer. */
export function withStanding(
  snapshot: ElectionSnapshot,
  node: string,
  standing: "NodeDraining" | "Usable",
): ElectionSnapshot {
  const known: NodeStandings = snapshot.nodes ?? new Map(snapshot.members.map((one) => [one.node, "Usable"]));
  return { ...snapshot, nodes: new Map([...known, [node, standing]]) };
}

function withClaims(member: Member, { speakers }: SeenInstallation): Member {
  const report = speakers.live.find(({ node }) => node === member.node);
  const claims = [...(report?.announcing ?? [])].flatMap((text) => {
    const ip = parseIp(text);
    return ip === undefined ? [] : [[text, { ip, term: 1, majority: true }] as const];
  });
  return { ...member, claims: new Map(claims) };
}
