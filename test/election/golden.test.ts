import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { hostAddressesOf } from "#src/model/host-addresses.ts";
import { nodeInterfacesOf } from "#src/election/advertised.ts";
import type { Member, NodeStandings, WantedAddress } from "#src/election/member.ts";
import { type AnnouncementPlan, planAnnouncements } from "#src/election/plan.ts";
import { spreadMoves } from "#src/election/spread.ts";
import { unownedGroups } from "#src/election/unowned.ts";
import { nodeStanding, wantedAddress } from "#src/election/wanted.ts";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { readMemberRecord } from "#src/model/member-record.ts";
import { parseNode } from "#src/model/node.ts";
import { readConfiguration } from "#src/configuration/read-configuration.ts";
import { EMPTY_CONFIGURATION } from "#src/model/configuration.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import { parseService } from "#src/model/service.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import { valueOf } from "#test/model/build.ts";

const folder = new URL("../golden/election/", import.meta.url);
const cases = globSync("*.in.yaml", { cwd: folder }).sort();

/** The first document of a case: what the speakers know of each other. The others are objects of the cluster. */
interface View {
  readonly members: readonly {
    readonly node: string;
    readonly ready?: boolean;
    readonly leaving?: boolean;
    readonly liveSinceMs?: number;
    readonly subnets?: readonly string[];
    /** Address -> term, or `term cut-off` where it was claimed outside of a majority. */
    readonly claims?: Readonly<Record<string, number | string>>;
  }[];
  /** Default: those that live. */
  readonly knownMembers?: number;
  /** Each member makes the planned moves that spread addresses. */
  readonly spreads?: boolean;
  readonly nowMs?: number;
  /** Of members: gateways and interfaces. */
  readonly records?: readonly Readonly<Record<string, unknown>>[];
}

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(`${text} is an address`);
}

function memberOf({ node, ready = true, leaving = false, ...rest }: View["members"][number]): Member {
  const subnets = rest.subnets ?? ["192.0.2.0/24", "2001:db8:0:1::/64"];
  const claims = Object.entries(rest.claims ?? {}).map(([text, value]): [string, Claim] => {
    const [term, cutOff] = String(value).split(" ");
    return [text, { ip: ipOf(text), term: Number(term), majority: cutOff === undefined }];
  });
  return {
    node,
    ready,
    leaving,
    liveSinceMs: rest.liveSinceMs ?? 0,
    subnets: subnets.map((text) => parseCidr(text) ?? expect.fail(text)),
    claims: new Map(claims),
  };
}

/** What each member decides from one view, as a person reviews it. */
function decisions(text: string, file: string): string {
  const [head = "", ...documents] = text.split(/^---$/m);
  const view = parse(head) as View;
  const { objects } = parseManifests(documents.join("---"), file);
  const of = (kind: string) => objects.filter((one) => one.kind === kind);
  const nodes = of("Node").map((one) => parseNode(one).value);
  const slices = of("EndpointSlice").map((one) => valueOf(parseEndpointSlice(one)));
  const services = of("Service").map((one) => valueOf(parseService(one)));
  const records = (view.records ?? []).flatMap((record) => readMemberRecord(record) ?? []);
  const { configuration = EMPTY_CONFIGURATION, problems } = readConfiguration(
    of("ConfigMap")[0],
    objects.filter(({ kind }) => (METALLB_KINDS as readonly string[]).includes(kind)),
    "metallb-system",
  );
  expect(problems).toEqual([]);
  const use = {
    slicesOf: (key: string) => slices.filter(({ serviceKey }) => serviceKey === key),
    pools: configuration.pools,
    advertisements: configuration.advertisements,
    nodes,
    members: records.map(nodeInterfacesOf),
    hostAddresses: hostAddressesOf(nodes, records),
  };
  const keys = [...new Set(services.flatMap(({ assignedAddresses }) => assignedAddresses.map(printIp)))];
  const wanted = new Map(
    keys.map((key): [string, WantedAddress] => {
      const having = services.filter(({ assignedAddresses }) => assignedAddresses.some((ip) => printIp(ip) === key));
      return [key, wantedAddress({ ...use, ip: ipOf(key), services: having })];
    }),
  );
  const members = view.members.map(memberOf);
  const standings: NodeStandings =
    nodes.length === 0
      ? undefined
      : new Map(nodes.map((one) => [one.name, nodeStanding(one, { ignoresExcludeLabel: false })]));
  const terms = new Map(keys.map((key) => [key, Math.max(0, ...members.map((one) => one.claims.get(key)?.term ?? 0))]));
  const snapshot = {
    wanted,
    members,
    nodes: standings,
    knownMembers: view.knownMembers ?? members.length,
    terms,
    before: new Map(),
  };
  const moves = view.spreads === true ? spreadMoves(snapshot) : [];
  const plans = members.map(({ node }): [string, AnnouncementPlan] => {
    const own = new Set(moves.filter(({ to }) => to === node).map(({ key }) => key));
    return [node, planAnnouncements({ ...snapshot, moves: own }, { self: node, nowMs: view.nowMs ?? 0 })];
  });
  const shown = keys.map((key) => {
    const owners = new Set(plans.map(([, plan]) => plan.get(key)?.owner ?? "none"));
    const claims = plans.flatMap(([node, plan]) => {
      const claim = plan.get(key)?.claim;
      return claim === undefined ? [] : [[node, `${claim.term}${claim.majority ? "" : " cut-off"}`] as const];
    });
    return [key, { owner: [...owners].join(" or "), claims: Object.fromEntries(claims) }] as const;
  });
  const [first] = plans;
  const unowned = unownedGroups({ wanted, plan: first?.[1] ?? new Map(), members, nodes: standings });
  const groups = unowned.map(({ addresses, reasons }) => ({ addresses: addresses.map(printIp), reasons }));
  return stringify({ announcements: Object.fromEntries(shown), ...(groups.length > 0 ? { unowned: groups } : {}) });
}

describe("planAnnouncements() golden cases", () => {
  it("F finds its cases", () => expect(cases.length).toBeGreaterThanOrEqual(7));

  it.each(cases)("F %s", async (name) => {
    const file = new URL(name, folder);
    const out = new URL(name.replace(".in.yaml", ".out.yaml"), folder);
    await expect(decisions(readFileSync(file, "utf8"), name)).toMatchFileSnapshot(out.pathname);
  });
});
