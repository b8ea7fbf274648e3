import type { NodeStanding } from "#src/election/member.ts";
import { nodeStanding } from "#src/election/wanted.ts";
import { parseEndpointSlice } from "#src/model/endpoints.ts";
import { type Enrolment, enrolmentName, readEnrolment } from "#src/model/enrolment.ts";
import { type Node, parseNode } from "#src/model/node.ts";
import { type Kind, keyOf, type KubeObject } from "#src/model/object.ts";
import { parsePoolConfig } from "#src/model/pool-config.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { printIp } from "#src/ip/address.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import type { ClusterMessage, PeerMessage } from "#speaker/messages.ts";
import { WantedIndex } from "#speaker/wanted-index.ts";

/** The kinds a speaker reads. */
export const speakerKinds: readonly Kind[] = ["ConfigMap", "Service", "EndpointSlice", "Node"];

export interface ClusterReaderOptions {
  readonly source: Source;
  readonly node: string;
  /** Of the ConfigMap with the pools. */
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Only Services of this class count; undefined: those without a class. */
  readonly loadBalancerClass: string | undefined;
  readonly ignoresExcludeLabel: boolean;
  /** Hears what is wrong with an object, an empty list if it is well. */
  onProblems(where: string, problems: readonly Problem[]): void;
}

/**
 * Turns what the source holds into messages that tell the worker what changed in the cluster. A broken version of an
 * object must not take an address off the network: the last good one stays.
 */
export class ClusterReader {
  readonly #options: ClusterReaderOptions;
  readonly #services;
  readonly #slices;
  readonly #nodes;
  readonly #index: WantedIndex;
  #configMap: KubeObject | undefined;
  #pools: readonly Pool[] = [];
  /** Those told last, as text. */
  #told = { peers: "", nodes: "", isEnrolled: false };
  #isFirst = true;
  #enrolments: readonly Enrolment[] = [];

  constructor(options: ClusterReaderOptions) {
    this.#options = options;
    this.#services = this.#objects("Service", parseService);
    this.#slices = this.#objects("EndpointSlice", parseEndpointSlice);
    this.#nodes = this.#objects("Node", parseNode);
    this.#index = new WantedIndex(options.loadBalancerClass);
  }

  #objects<T>(kind: Kind, parse: (object: KubeObject) => Parsed<T>): ParsedObjects<T> {
    const onProblems = (key: string, problems: readonly Problem[]): void =>
      this.#options.onProblems(`${kind} ${key}`, problems);
    return new ParsedObjects<T>({ parse, onProblems, keepLastGood: true });
  }

  /** The enrolments of the other speakers as last read. */
  get enrolments(): readonly Enrolment[] {
    return this.#enrolments;
  }

  /** The Node object of this node. */
  get ownNode(): Node | undefined {
    return this.#nodes.get(this.#options.node);
  }

  /** What changed since the call before; undefined if nothing that the worker needs to know. */
  read(): ClusterMessage | undefined {
    const { source, node, ignoresExcludeLabel } = this.#options;
    const nodesChanged = this.#nodes.update(source.list("Node")).length > 0;
    const nodes = [...this.#nodes.values()];
    const { wanted, gone } = this.#index.update({
      services: this.#services.update(source.list("Service")),
      slices: this.#slices.update(source.list("EndpointSlice")),
      surroundings: this.#readPools() || nodesChanged ? { pools: this.#pools, nodes } : undefined,
    });
    const members = source.reports("member");
    const isEnrolled = members.has(enrolmentName(node));
    this.#enrolments = othersOf(members, node, this.#nodes);
    const standings = nodes.map((one) => [one.name, nodeStanding(one, { ignoresExcludeLabel })] as const);
    const message: ClusterMessage = {
      kind: "cluster",
      wanted,
      gone,
      peers: this.#ifNew("peers", this.#enrolments.flatMap(peerOf)),
      nodes: this.#ifNew("nodes", standings),
      isEnrolled,
    };
    const isNews =
      this.#isFirst ||
      wanted.length > 0 ||
      gone.length > 0 ||
      message.peers !== undefined ||
      message.nodes !== undefined ||
      isEnrolled !== this.#told.isEnrolled;
    this.#isFirst = false;
    this.#told.isEnrolled = isEnrolled;
    return isNews ? message : undefined;
  }

  #ifNew<T extends readonly PeerMessage[] | readonly (readonly [string, NodeStanding])[]>(
    what: "peers" | "nodes",
    value: T,
  ): T | undefined {
    const text = JSON.stringify(value);
    if (text === this.#told[what]) return undefined;
    this.#told[what] = text;
    return value;
  }

  /** The pools of the last good configuration; true if they may be others now. A ConfigMap that is gone leaves them. */
  #readPools(): boolean {
    const { source, configMap } = this.#options;
    const object = source.list("ConfigMap").get(keyOf(configMap));
    if (object === undefined || object === this.#configMap) return false;
    this.#configMap = object;
    const parsed = parsePoolConfig(object);
    this.#options.onProblems(`ConfigMap ${keyOf(configMap)}`, parsed.problems);
    if (parsed.ok) this.#pools = parsed.value.pools;
    return parsed.ok;
  }
}

/** The other speakers, without those whose Node object went: such a machine is no member any more. */
function othersOf(
  members: ReturnType<Source["reports"]>,
  self: string,
  nodes: ParsedObjects<Node>,
): readonly Enrolment[] {
  return [...members].flatMap(([name, value]) => {
    const enrolment = readEnrolment(value);
    if (enrolment === undefined || name !== enrolmentName(enrolment.node) || enrolment.node === self) return [];
    return enrolment.hasNode && nodes.get(enrolment.node) === undefined ? [] : [enrolment];
  });
}

function peerOf({ node, addresses: [ip] }: Enrolment): readonly PeerMessage[] {
  return ip === undefined ? [] : [{ node, address: printIp(ip), family: ip.family }];
}
