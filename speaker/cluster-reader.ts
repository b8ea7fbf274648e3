import { isDeepStrictEqual } from "node:util";
import type { ClusterMessage, MemberMessage, PoolMessage, ToWorker } from "./messages.ts";
import { forbiddenAddressProblems } from "./forbidden-address-problems.ts";
import { WantedIndex } from "./wanted-index.ts";
import { type HostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import { type NodeInterfaces, nodeInterfacesOf } from "#src/election/advertised.ts";
import type { NodeStanding } from "#src/election/member.ts";
import { nodeStanding } from "#src/election/wanted.ts";
import { printIp } from "#src/ip/address.ts";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { type MemberRecord, memberRecordName, readMemberRecords } from "#src/model/member-record.ts";
import type { Kind } from "#src/model/kind.ts";
import { type CaptureRequest, isFreshCapture } from "#src/model/capture-request.ts";
import { type Node, parseNode } from "#src/model/node.ts";
import { keyOf, type KubeObject, type ObjectRef } from "#src/model/object.ts";
import type { Configuration } from "#src/model/configuration.ts";
import { LAYER2_KINDS } from "#src/model/kind.ts";
import { configurationObjects } from "#src/configuration/configuration-objects.ts";
import { ConfigurationReader } from "#src/configuration/configuration-reader.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import { type Change, markChanged, type ParsedKinds, ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import type { ServiceClass } from "#src/model/service-class.ts";

export interface ClusterReaderOptions extends ServiceClass {
  readonly source: Pick<Source, "get" | "has" | "list" | "reports">;
  readonly node: string;
  /** Of the ConfigMap with the pools. */
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Of MetalLB's custom resources. */
  readonly metallbNamespace: string;
  readonly ignoresExcludeLabel: boolean;
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Hears what is wrong with an object, an empty list if it is well. */
  onProblems(where: string, problems: readonly Problem[]): void;
  /** Hears which addresses of Services are never announced. */
  onForbidden(problems: readonly Problem[]): void;
}

/** What a person asks for ends after this time, whatever the clocks say. */
const LONGEST_REBALANCE_MS = 3_600_000;

/**
 * Turns what the source holds into messages that tell the worker what changed in the cluster. A broken version of an
 * object must not take an address off the network: the last good one stays. Only objects that are marked are looked at,
 * and what depends on all of them (members, standings) only when one of those changed.
 */
export class ClusterReader {
  readonly #options: ClusterReaderOptions;
  readonly #services;
  readonly #slices;
  readonly #nodes;
  readonly #kinds: ParsedKinds;
  readonly #index: WantedIndex;
  readonly #configuration: ConfigurationReader;
  /** What the last message said of the members, and of this speaker among them. */
  readonly #told = new ToldOnce();
  #isFirst = true;
  /** The request that was refused last, while it may still be granted, until then in milliseconds since 1970. */
  #refused: { readonly capture: CaptureRequest; readonly untilMs: number } | undefined;
  /** The member records that the addresses of machines were read from. */
  #hostsFrom: ReturnType<Source["reports"]> | undefined;
  #published: ReturnType<Source["reports"]> | undefined;
  #memberRecords: readonly MemberRecord[] = [];

  constructor(options: ClusterReaderOptions) {
    this.#options = options;
    this.#configuration = new ConfigurationReader(options.metallbNamespace);
    this.#services = this.#objects("Service", parseService);
    this.#slices = this.#objects("EndpointSlice", parseEndpointSlice);
    this.#nodes = this.#objects("Node", parseNode);
    this.#kinds = { Service: this.#services, EndpointSlice: this.#slices, Node: this.#nodes };
    this.#index = new WantedIndex(options, options.node);
  }

  #objects<T>(kind: Kind, parse: (object: KubeObject) => Parsed<T>): ParsedObjects<T> {
    const { source } = this.#options;
    const get = (key: string): KubeObject | undefined => source.get(kind, key);
    const onProblems = (key: string, problems: readonly Problem[]): void =>
      this.#options.onProblems(`${kind} ${key}`, problems);
    return new ParsedObjects<T>({ get, parse, onProblems, keepLastGood: true });
  }

  /** The member records of the other speakers as last read; the same list until one changes. */
  get memberRecords(): readonly MemberRecord[] {
    return this.#memberRecords;
  }

  /** The Node object of this node as last read; the same object until it changes. */
  get ownNode(): Node | undefined {
    return this.#nodes.get(this.#options.node);
  }

  /** Says which objects are to be looked at in the next `read`. */
  mark(changed: readonly ObjectRef[]): void {
    markChanged(this.#kinds, changed);
  }

  /** What changed since the call before; undefined if nothing that the worker needs to know. */
  read(): ClusterMessage | undefined {
    const changes = this.#nodes.update();
    const configuration = this.#readConfiguration();
    const members = this.#readMembers(changes.some(isNewOrGone));
    const { wanted, gone } = this.#index.update({
      services: this.#services.update(),
      slices: this.#slices.update(),
      configuration,
      nodes: changes.some(isOtherForSelectors) ? [...this.#nodes.values()] : undefined,
      hostAddresses: this.#readHostAddresses(changes),
      members: members?.interfaces,
    });
    if (wanted.length > 0 || gone.length > 0) this.#reportForbidden();
    const isOther = (change: Change<Node>): boolean => this.#standing(change.before) !== this.#standing(change.after);
    const message: ClusterMessage = {
      kind: "cluster",
      wanted,
      gone,
      pools: configuration?.pools.map(poolMessage),
      members: members?.messages,
      nodes: this.#isFirst || changes.some(isOther) ? this.#standings() : undefined,
      isMember: this.#published?.has(memberRecordName(this.#options.node)) === true,
      ...this.#readRebalance(),
    };
    const isOtherMember = this.#told.isNews("self", message.isMember ? ["member"] : []);
    const isNews =
      this.#isFirst ||
      wanted.length > 0 ||
      gone.length > 0 ||
      message.pools !== undefined ||
      message.members !== undefined ||
      message.nodes !== undefined ||
      message.rebalanceForMs !== undefined ||
      isOtherMember;
    this.#isFirst = false;
    return isNews ? message : undefined;
  }

  /**
   * What a person asks to see on the Node of this speaker, where that is new since the last call: to listen, to refuse, or to end.
   * Nothing is judged before all Services are known. What was refused is granted for the rest of its time once a Service has the address.
   */
  readCapture({ isSynced }: { readonly isSynced: boolean }): CaptureNews | undefined {
    if (!isSynced) return undefined;
    const capture = this.ownNode?.capture;
    const nowMs = this.#options.wallMs();
    if (!this.#told.isNews("capture", capture === undefined ? [] : [capture.text])) return this.#grantRefused(nowMs);
    this.#refused = undefined;
    if (capture === undefined || !isFreshCapture(capture, nowMs)) return { kind: "captureEnd" };
    // What a speaker hears leaves its node: only of what it is there for.
    if (this.#index.has(capture.address)) return granted(capture, capture.forMs);
    this.#refused = { capture, untilMs: nowMs + capture.forMs };
    return { kind: "captureRefused", asked: capture.text };
  }

  #grantRefused(nowMs: number): CaptureNews | undefined {
    if (this.#refused === undefined || !this.#index.has(this.#refused.capture.address)) return undefined;
    const { capture, untilMs } = this.#refused;
    this.#refused = undefined;
    // A clock that was set back makes it no longer.
    const forMs = Math.min(untilMs - nowMs, capture.forMs);
    return forMs > 0 ? granted(capture, forMs) : undefined;
  }

  readonly #isNode = (name: string): boolean => this.#nodes.get(name) !== undefined;

  /** The addresses that are never announced, if they may have changed. */
  #readHostAddresses(changes: readonly Change<Node>[]): HostAddresses | undefined {
    const published = this.#options.source.reports("member");
    if (published === this.#hostsFrom && !changes.some(hasOtherAddresses)) return undefined;
    this.#hostsFrom = published;
    return hostAddressesOf(this.#nodes.values(), readMemberRecords(published, this.#isNode));
  }

  #reportForbidden(): void {
    this.#options.onForbidden(forbiddenAddressProblems(this.#index.forbidden()));
  }

  /** What the Node of this speaker asks for, where that is new. */
  #readRebalance(): Pick<ClusterMessage, "rebalanceForMs"> {
    const untilMs = this.ownNode?.rebalanceUntilMs;
    if (!this.#told.isNews("rebalance", untilMs === undefined ? [] : [String(untilMs)])) return {};
    const forMs = untilMs === undefined ? 0 : untilMs - this.#options.wallMs();
    return { rebalanceForMs: Math.min(Math.max(forMs, 0), LONGEST_REBALANCE_MS) };
  }

  #standing(node: Node | undefined): NodeStanding | undefined {
    return node && nodeStanding(node, this.#options);
  }

  #standings(): readonly (readonly [string, NodeStanding])[] {
    return [...this.#nodes.values()].map((node) => [node.name, nodeStanding(node, this.#options)]);
  }

  /** All other speakers, if they are not those told last, and the interfaces of all; undefined if no record changed. */
  #readMembers(hasOtherNodes: boolean): ReadMembers | undefined {
    const published = this.#options.source.reports("member");
    if (published === this.#published && !hasOtherNodes) return undefined;
    this.#published = published;
    const records = readMemberRecords(published, this.#isNode);
    this.#memberRecords = records.filter(({ node }) => node !== this.#options.node);
    const members = this.#memberRecords.flatMap(memberMessage);
    const isNews = this.#told.isNews("members", [JSON.stringify(members)]);
    return { messages: isNews ? members : undefined, interfaces: records.map(nodeInterfacesOf) };
  }

  /** The last good configuration, if it changed. A ConfigMap that is gone leaves it in use. */
  #readConfiguration(): Configuration | undefined {
    const { source, configMap, onProblems } = this.#options;
    const before = this.#configuration.configuration;
    const news = this.#configuration.read(configurationObjects(source, configMap, LAYER2_KINDS));
    if (news === undefined) return undefined;
    const { configMap: reading, resources } = news;
    if (reading !== undefined && reading.kind !== "gone") onProblems(`ConfigMap ${keyOf(configMap)}`, reading.problems);
    onProblems("metallb.io", resources);
    const { configuration } = this.#configuration;
    return configuration === before ? undefined : configuration;
  }
}

/** What is to be done about a capture. */
export type CaptureNews =
  | Extract<ToWorker, { kind: "capture" | "captureEnd" }>
  | { readonly kind: "captureRefused"; readonly asked: string };

function granted({ text, address }: CaptureRequest, forMs: number): CaptureNews {
  return { kind: "capture", asked: text, address: printIp(address), forMs };
}

interface ReadMembers {
  readonly messages: readonly MemberMessage[] | undefined;
  readonly interfaces: readonly NodeInterfaces[];
}

function isNewOrGone({ before, after }: Change<Node>): boolean {
  return before === undefined || after === undefined;
}

/** Whether other addresses are forbidden now: those of the Node, and of the member record that goes with it. */
function hasOtherAddresses(change: Change<Node>): boolean {
  const { before, after } = change;
  return (
    isNewOrGone(change) ||
    !isDeepStrictEqual(before?.internalAddresses, after?.internalAddresses) ||
    !isDeepStrictEqual(before?.externalAddresses, after?.externalAddresses)
  );
}

/** Whether selectors of advertisements may choose otherwise now: a Node says other things all the time. */
function isOtherForSelectors(change: Change<Node>): boolean {
  return isNewOrGone(change) || !isDeepStrictEqual(change.before?.labels, change.after?.labels);
}

function poolMessage({ name, ranges, excluded, avoidBuggyIps }: Pool): PoolMessage {
  return { name, ranges, excluded, avoidBuggyIps };
}

function memberMessage({ node, addresses: [ip], interfaces }: MemberRecord): readonly MemberMessage[] {
  const macs = interfaces.map(({ mac }) => mac);
  const hops = interfaces.flatMap((one) => one.addresses.map(printIp));
  return ip === undefined ? [] : [{ node, address: printIp(ip), family: ip.family, macs, hops }];
}
