import type { Member } from "#src/election/member.ts";
import { rank } from "#src/election/rank.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import { cidrContains } from "#src/ip/cidr.ts";
import { listed } from "#src/model/listed.ts";
import type { Problem } from "#src/model/problem.ts";
import type { AnnouncerView } from "./announcer.ts";
import { isOurs } from "./is-ours.ts";
import { namedAddresses } from "./named-addresses.ts";
import type { RouterWithOurs } from "./virtual-routers.ts";

/** Pools, addresses of the machine and routers that one text names. */
const SHOWN = 3;
/** Machines that have a Problem each. The others share one: one machine can make up as many as it likes. */
const MAX_ALONE = 4;

/** What the Problems depend on beside the routers. */
export type RoutersView = Pick<AnnouncerView, "node" | "self" | "wanted" | "nodeOf" | "live" | "poolOf">;

/**
 * A Problem for each machine that has addresses of ours as virtual routers, as this speaker is to report it: of an address that a member
 * announces that one does, of all others one member in their network; so that a thousand nodes that hear the same do not all say it.
 * Addresses that Services have are an error, those that a pool would assign a warning. Six Problems at most, errors first.
 */
export function virtualRouterProblems(routers: readonly RouterWithOurs[], view: RoutersView): readonly Problem[] {
  if (routers.length === 0) return [];
  const live = view.live();
  const said = routers.flatMap((router) =>
    toReport(router, { view, live }).map((ip) => ({ ip, router, isUsed: view.wanted.has(printIp(ip)) })),
  );
  const usedFirst = said.toSorted((left, right) => Number(right.isUsed) - Number(left.isUsed));
  const byMachine = [...Map.groupBy(usedFirst, ({ router, isUsed }) => `${router.mac} ${isUsed}`).values()];
  const others = Map.groupBy(byMachine.slice(MAX_ALONE).flat(), ({ isUsed }) => isUsed);
  return [...byMachine.slice(0, MAX_ALONE), ...others.values()].map((found) => problemOf(found, view));
}

/** Those of the addresses that are ours and that this speaker reports. */
function toReport(router: RouterWithOurs, { view, live }: Members): readonly Ip[] {
  const ours = router.addresses.filter((ip) => isOurs(ip, view));
  const announced = ours.filter((ip) => view.self.claims.has(printIp(ip)));
  const unclaimed = ours.filter((ip) => ![view.self, ...live].some(({ claims }) => claims.has(printIp(ip))));
  return [...announced, ...(isOurTurn(unclaimed[0], router, { view, live }) ? unclaimed : [])];
}

interface Members {
  readonly view: RoutersView;
  readonly live: readonly Member[];
}

/** Whether this speaker is the one of the members in the network of the address that reports it. A machine does not hear itself. */
function isOurTurn(ip: Ip | undefined, { mac }: RouterWithOurs, { view, live }: Members): boolean {
  if (ip === undefined) return false;
  const isIn = ({ subnets }: Member): boolean => subnets.some((subnet) => cidrContains(subnet, ip));
  const speaking = view.nodeOf(mac);
  const hearing = [view.self, ...live].filter(({ node }) => node !== speaking);
  const near = hearing.some(isIn) ? hearing.filter(isIn) : hearing;
  const nodes = near.map(({ node }) => node);
  return rank(nodes, printIp(ip))[0] === view.node;
}

interface Found {
  readonly ip: Ip;
  readonly router: RouterWithOurs;
  /** Services have it. */
  readonly isUsed: boolean;
}

/** Of what one machine or several have: all of it is used, or nothing. */
function problemOf(found: readonly Found[], view: RoutersView): Problem {
  const { named, addresses } = namedAddresses(found.map(({ ip }) => ip));
  const isUsed = found.some((one) => one.isUsed);
  const names = unique(found.flatMap(({ ip }) => view.poolOf(ip) ?? [])).map((name) => `"${name}"`);
  const pools = `${names.length > 1 ? "pools" : "pool"} ${listed(names, SHOWN, " and ")}`;
  return {
    code: "VIRTUAL_ROUTER_HAS_ADDRESS",
    at: { kind: "speaker", nodes: [view.node] },
    what: `A virtual router has ${named}${names.length === 0 ? "" : ` of the ${pools}`}, which ${isUsed ? "Services have too" : "no Service has yet"}`,
    why: whoSays(found, view),
    fix: `Take the addresses out of that router (virtual_ipaddress of keepalived), or ${names.length === 0 ? "give the Services others" : `out of the ${pools}`}`,
    severity: isUsed ? "error" : "warning",
    addresses,
  };
}

/** The machines, by their own addresses, and as which routers they have them. */
function whoSays(found: readonly Found[], { nodeOf }: RoutersView): string {
  const byMac = Map.groupBy(found, ({ router }) => router.mac);
  const machines = [...byMac].map(([mac, own]) => {
    const node = nodeOf(mac);
    const sources = unique(own.map(({ router }) => printIp(router.source)));
    return `${node === undefined ? "the machine" : `node ${node},`} ${mac} (${listed(sources, SHOWN, " and ")})`;
  });
  const routers = unique(found.map(({ router }) => `${router.id} (priority ${router.priority})`));
  const says = byMac.size === 1 ? "says" : "say";
  return `${listed(machines, SHOWN, " and ")} ${says} so by VRRP, as virtual router ${listed(routers, SHOWN, " and ")}`;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
