import { type Ip, printIp } from "#src/ip/address.ts";
import { printRange, rangeContains, rangeSize } from "#src/ip/range.ts";
import { readMemberRecord } from "#src/model/member-record.ts";
import { readyNodesOf } from "#src/model/live-speakers.ts";
import { findNetworkAddresses } from "#src/model/network-addresses.ts";
import { parseNode } from "#src/model/node.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Pool } from "#src/model/pool.ts";
import { parsePoolConfig } from "#src/model/pool-config.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { addressConditionOf } from "#src/model/service-status.ts";
import type { WrittenEvent } from "#src/source/event-file.ts";
import { readSpeakers, type Speakers, type SpeakerView } from "./speakers.ts";

/** What `hawser status` shows. Also its JSON. */
export interface StatusView {
  readonly pools: readonly {
    readonly name: string;
    readonly autoAssign: boolean;
    readonly ranges: readonly string[];
    /** Decimal digits: an IPv6 pool has more addresses than a JSON number can count. */
    readonly size: string;
    readonly used: number;
  }[];
  readonly services: readonly {
    readonly service: string;
    readonly addresses: readonly { readonly ip: string; readonly pool?: string; readonly owner?: string }[];
    /** Why it is so, from the closed set of reasons; empty where the controller has said nothing yet. */
    readonly reason: string;
    readonly message: string;
  }[];
  readonly speakers: readonly SpeakerView[];
  /** The program that leads, of those of a kind that stand for leader; none in a folder. */
  readonly leaders: readonly { readonly election: string; readonly holder: string }[];
  /** The latest first. */
  readonly events: readonly WrittenEvent[];
  readonly problems: readonly Problem[];
}

export interface StatusInput {
  readonly configMap: KubeObject | undefined;
  readonly services: Iterable<KubeObject>;
  readonly nodes: Iterable<KubeObject>;
  /** What speakers report, and their member records. */
  readonly reports: ReadonlyMap<string, Fields>;
  readonly members: ReadonlyMap<string, Fields>;
  /** Holder by election; none in a folder. */
  readonly leaders?: ReadonlyMap<string, string>;
  /** Oldest first. */
  readonly events: readonly WrittenEvent[];
  /** Of the source itself. */
  readonly problems: readonly Problem[];
}

/** Events shown: what fits a screen beside the rest. */
const MAX_EVENTS = 10;

/** Puts together what is known of an installation. */
export function viewStatus(input: StatusInput): StatusView {
  const { configMap, services, nodes, reports, members, leaders = new Map<string, string>(), events, problems } = input;
  const config = configMap === undefined ? undefined : parsePoolConfig(configMap);
  const pools = config?.ok ? config.value.pools : [];
  const memberRecords = [...members.values()].flatMap((member) => readMemberRecord(member) ?? []);
  const reserved = configMap === undefined ? [] : findNetworkAddresses(pools, memberRecords, keyOf(configMap.metadata));
  const speakers = readSpeakers(reports, readyNodesOf([...nodes].map((node) => parseNode(node).value)));
  const parsed = [...services].map((object) => ({ object, read: parseService(object) }));
  const used = new Map<string, Ip>();
  const shown = parsed.flatMap(({ object, read }) => {
    if (!read.ok) return [{ service: keyOf(object.metadata), addresses: [], ...explain(object, read.problems) }];
    if (read.value.type !== "LoadBalancer") return [];
    for (const ip of read.value.assignedAddresses) used.set(printIp(ip), ip);
    const addresses = addressesOf(read.value, pools, speakers);
    return [{ service: read.value.key, addresses, ...explain(object, read.problems) }];
  });
  return {
    pools: pools.map((pool) => viewPool(pool, [...used.values()])),
    services: shown.toSorted((left, right) => (left.service < right.service ? -1 : 1)),
    speakers: speakers.views,
    leaders: [...leaders].map(([election, holder]) => ({ election, holder })),
    events: events.slice(-MAX_EVENTS).toReversed(),
    problems: [...problems, ...(config?.problems ?? []), ...reserved, ...parsed.flatMap(({ read }) => read.problems)],
  };
}

function viewPool({ name, autoAssign, ranges }: Pool, used: readonly Ip[]): StatusView["pools"][number] {
  return {
    name,
    autoAssign,
    ranges: ranges.map(printRange),
    size: String(ranges.reduce((sum, range) => sum + rangeSize(range), 0n)),
    used: used.filter((ip) => ranges.some((range) => rangeContains(range, ip))).length,
  };
}

function addressesOf(service: Service, pools: readonly Pool[], speakers: Speakers) {
  return service.assignedAddresses.map((address) => {
    const ip = printIp(address);
    const pool = pools.find(({ ranges }) => ranges.some((range) => rangeContains(range, address)))?.name;
    const owner = speakers.ownersOf(ip).join(", ");
    return { ip, ...(pool === undefined ? {} : { pool }), ...(owner === "" ? {} : { owner }) };
  });
}

/** The controller's condition, else the first Problem of the object. */
function explain(object: KubeObject, problems: readonly Problem[]): { reason: string; message: string } {
  const condition = addressConditionOf(object);
  if (condition !== undefined) {
    const { reason, message } = condition;
    return { reason: typeof reason === "string" ? reason : "", message: typeof message === "string" ? message : "" };
  }
  const problem = problems.find(({ severity }) => severity === "error");
  return { reason: problem?.code ?? "", message: problem === undefined ? "" : `${problem.what}: ${problem.why}` };
}
