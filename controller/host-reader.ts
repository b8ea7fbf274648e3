import { isDeepStrictEqual } from "node:util";
import { type ReadyNodes, readyNodesOf } from "#src/model/live-speakers.ts";
import { parseNode } from "#src/model/node.ts";
import { type MemberRecord, readMemberRecords } from "#src/model/member-record.ts";
import { findNetworkAddresses, type NetworkAddresses, networkAddressesOf } from "#src/model/network-addresses.ts";
import { findHostAddresses, type HostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Fields } from "#src/model/record.ts";
import type { Logger } from "#src/process/log.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";

type Reports = ReadonlyMap<string, Fields>;

/**
 * What the controller knows of the hosts, from the Nodes and the members' records. Both values are the same objects until
 * they differ: a Node's status changes all the time, and these values hardly ever.
 */
export class HostReader {
  readonly #configMap: string;
  readonly #problems: ProblemLog;
  readonly #nodes;
  #records: Reports = new Map();
  #addresses: HostAddresses = new Map();
  #networkAddresses: NetworkAddresses = new Map();
  #members: readonly MemberRecord[] = [];
  #ready: ReadyNodes;
  /** What the last problems were found in, and what was said of them. */
  #judged: {
    readonly pools?: readonly Pool[];
    readonly addresses?: HostAddresses;
    readonly networkAddresses?: NetworkAddresses;
  } = {};

  constructor(configMap: string, { source, log }: { readonly source: Source; readonly log: Logger }) {
    this.#configMap = configMap;
    this.#problems = new ProblemLog(log);
    const get = (key: string) => source.get("Node", key);
    this.#nodes = new ParsedObjects({ get, parse: parseNode, onProblems: () => undefined });
  }

  /** The hosts' own addresses, which pools may contain and no Service gets. */
  get addresses(): HostAddresses {
    return this.#addresses;
  }

  /** What the networks of the nodes keep for themselves, which pools may contain and no Service gets. */
  get networkAddresses(): NetworkAddresses {
    return this.#networkAddresses;
  }

  get ready(): ReadyNodes {
    return this.#ready;
  }

  /** Says that a Node may have changed, or may be gone. */
  mark(key: string): void {
    this.#nodes.mark(key);
  }

  /** Reads the Nodes that changed, and the members' records if they changed. */
  update(records: Reports): void {
    const isSameRecords = records === this.#records;
    this.#records = records;
    if (this.#nodes.update().length === 0 && isSameRecords) return;
    const nodes = [...this.#nodes.values()];
    const members = readMemberRecords(records, (name) => this.#nodes.get(name) !== undefined);
    const [addresses, ready] = [hostAddressesOf(nodes, members), readyNodesOf(nodes)];
    if (!isDeepStrictEqual(addresses, this.#addresses)) this.#addresses = addresses;
    const networkAddresses = networkAddressesOf(members);
    this.#members = members;
    if (!isDeepStrictEqual(networkAddresses, this.#networkAddresses)) this.#networkAddresses = networkAddresses;
    const isAsReady = this.#ready !== undefined && ready?.symmetricDifference(this.#ready).size === 0;
    if (!isAsReady) this.#ready = ready;
  }

  /** Says once which addresses of hosts and of their networks are in pools. */
  say(pools: readonly Pool[] | undefined): void {
    if (pools === undefined) return;
    const judged = { pools, addresses: this.#addresses, networkAddresses: this.#networkAddresses };
    const isSame =
      this.#judged.pools === pools &&
      this.#judged.addresses === judged.addresses &&
      this.#judged.networkAddresses === judged.networkAddresses;
    if (isSame) return;
    this.#judged = judged;
    const hosts = findHostAddresses(pools, this.#addresses, this.#configMap);
    const networks = findNetworkAddresses(pools, this.#members, this.#configMap);
    this.#problems.report(this.#configMap, [...hosts, ...networks]);
  }
}
