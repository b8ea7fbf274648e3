import { type ForbiddenAddress, whyForbidden } from "#src/model/forbidden-address.ts";
import type { HostAddresses } from "#src/model/host-addresses.ts";
import type { WantedAddress } from "#src/election/member.ts";
import { wantedAddress } from "#src/election/wanted.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Node } from "#src/model/node.ts";
import type { Advertisement } from "#src/model/advertisement.ts";
import type { Pool } from "#src/model/pool.ts";
import type { Configuration } from "#src/model/configuration.ts";
import type { Service } from "#src/model/service.ts";
import { ToldOnce } from "#src/model/told-once.ts";
import type { Change } from "#src/source/parsed-objects.ts";
import type { NodeInterfaces } from "#src/election/advertised.ts";
import type { WantedMessage } from "./messages.ts";
import { isOurService, type ServiceClass } from "#src/model/service-class.ts";

export interface WantedChanges {
  readonly services: readonly Change<Service>[];
  readonly slices: readonly Change<EndpointSlice>[];
  /** Undefined: as before. */
  readonly configuration: Pick<Configuration, "pools" | "advertisements"> | undefined;
  /** All nodes; undefined: none came or went, or has other labels. */
  readonly nodes: readonly Node[] | undefined;
  /** The addresses of machines and gateways; undefined: as before. */
  readonly hostAddresses: HostAddresses | undefined;
  /** The interfaces of nodes with a speaker; undefined: as before. */
  readonly members: readonly NodeInterfaces[] | undefined;
}

/** An address that Services have and that is never announced. */
export interface ForbiddenUse {
  readonly ip: Ip;
  /** Keys of the Services. */
  readonly services: readonly string[];
  readonly forbidden: ForbiddenAddress;
}

interface Entry {
  readonly ip: Ip;
  readonly services: Map<string, Service>;
}

/** The wanted addresses, kept by what changes: the work for one Service does not grow with their number. */
export class WantedIndex {
  readonly #class: ServiceClass;
  readonly #node: string;
  readonly #entries = new Map<string, Entry>();
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #localServices = new Map<string, Service>();
  #configuration: Pick<Configuration, "pools" | "advertisements"> = { pools: [], advertisements: [] };
  #nodes: readonly Node[] = [];
  #hostAddresses: HostAddresses = new Map();
  #members: readonly NodeInterfaces[] = [];
  /** The last message about each address. */
  readonly #told = new ToldOnce(Infinity);
  /** The entries that are never announced. */
  readonly #forbidden = new Set<string>();

  /** For the Services of a class; messages are for the speaker of `node`. */
  constructor(serviceClass: ServiceClass, node: string) {
    this.#class = serviceClass;
    this.#node = node;
  }

  /** Takes in changes; returns the addresses that are new or changed, and those no longer wanted. */
  update({ services, slices, configuration, nodes, hostAddresses, members }: WantedChanges): {
    wanted: readonly WantedMessage[];
    gone: readonly string[];
  } {
    const touched = new Set<string>();
    for (const change of slices) this.#takeSlice(change, touched);
    for (const { key, before, after } of services) this.#takeService(key, { before, after }, touched);
    if (configuration !== undefined) this.#configuration = configuration;
    if (nodes !== undefined) this.#nodes = nodes;
    if (members !== undefined) this.#members = members;
    // Which nodes and interfaces there are matters only where an advertisement selects some, or a pool prefers some.
    const { pools, advertisements } = this.#configuration;
    const isSelected =
      (nodes !== undefined && (advertisements.some(selectsNodes) || pools.some(prefersNodes))) ||
      (members !== undefined && advertisements.some(namesInterfaces));
    if (configuration !== undefined || isSelected) for (const key of this.#entries.keys()) touched.add(key);
    if (hostAddresses !== undefined) this.#takeHostAddresses(hostAddresses, touched);
    const wanted: WantedMessage[] = [];
    const gone: string[] = [];
    for (const key of touched) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      if (entry.services.size === 0) {
        this.#entries.delete(key);
        this.#forbidden.delete(key);
        if (this.#told.isNews(key, [])) gone.push(key);
        continue;
      }
      const message = messageOf(this.#decide(entry), this.#node);
      if (message.forbidden === undefined) this.#forbidden.delete(key);
      else this.#forbidden.add(key);
      if (this.#told.isNews(key, [JSON.stringify(message)])) wanted.push(message);
    }
    return { wanted, gone };
  }

  /** Whether a Service has the address, and it may be announced. */
  has(ip: Ip): boolean {
    const key = printIp(ip);
    return this.#entries.has(key) && !this.#forbidden.has(key);
  }

  #decide({ ip, services }: Entry): WantedAddress {
    return wantedAddress({
      ip,
      services: [...services.values()],
      slicesOf: (serviceKey) => this.#slices.get(serviceKey)?.values() ?? [],
      pools: this.#configuration.pools,
      advertisements: this.#configuration.advertisements,
      nodes: this.#nodes,
      members: this.#membersWithSelf(),
      hostAddresses: this.#hostAddresses,
    });
  }

  /** This node counts before its own record is there: an interface that it may not use is not to be used until then. */
  #membersWithSelf(): readonly NodeInterfaces[] {
    const isKnown = this.#members.some(({ node }) => node === this.#node);
    return isKnown ? this.#members : [...this.#members, { node: this.#node, interfaces: undefined }];
  }

  /** The addresses that are never announced, and the Services that have them. */
  forbidden(): readonly ForbiddenUse[] {
    return [...this.#forbidden].flatMap((key) => {
      const entry = this.#entries.get(key);
      const forbidden = entry && whyForbidden(entry.ip, this.#hostAddresses);
      if (entry === undefined || forbidden === undefined) return [];
      return { ip: entry.ip, services: [...entry.services.keys()], forbidden };
    });
  }

  #takeHostAddresses(after: HostAddresses, touched: Set<string>): void {
    const before = this.#hostAddresses;
    this.#hostAddresses = after;
    for (const key of new Set([...before.keys(), ...after.keys()]))
      if (before.get(key)?.reason !== after.get(key)?.reason) touched.add(key);
  }

  #takeSlice({ key, before, after }: Change<EndpointSlice>, touched: Set<string>): void {
    for (const slice of [before, after]) {
      if (slice === undefined) continue;
      const ofService = this.#slices.get(slice.serviceKey) ?? new Map<string, EndpointSlice>();
      if (slice === after) ofService.set(key, slice);
      else ofService.delete(key);
      if (ofService.size === 0) this.#slices.delete(slice.serviceKey);
      else this.#slices.set(slice.serviceKey, ofService);
      // Only where the policy is Local do endpoints matter.
      const service = this.#localServices.get(slice.serviceKey);
      for (const ip of service?.assignedAddresses ?? []) touched.add(printIp(ip));
    }
  }

  #takeService(
    key: string,
    { before, after }: { before: Service | undefined; after: Service | undefined },
    touched: Set<string>,
  ): void {
    for (const ip of this.#addressesOf(before)) {
      const text = printIp(ip);
      this.#entries.get(text)?.services.delete(key);
      touched.add(text);
    }
    this.#localServices.delete(key);
    if (after === undefined) return;
    if (after.externalTrafficPolicy === "Local") this.#localServices.set(key, after);
    for (const ip of this.#addressesOf(after)) {
      const text = printIp(ip);
      const entry = this.#entries.get(text) ?? { ip, services: new Map<string, Service>() };
      entry.services.set(key, after);
      this.#entries.set(text, entry);
      touched.add(text);
    }
  }

  /** Every address in the status of a LoadBalancer Service of ours. */
  #addressesOf(service: Service | undefined): readonly Ip[] {
    const isOurs = service !== undefined && isOurService(service, this.#class);
    return isOurs ? service.assignedAddresses : [];
  }
}

function selectsNodes(advertisement: Advertisement): boolean {
  const isPreferring = advertisement.kind === "layer2" && advertisement.preferredNodes.length > 0;
  return advertisement.nodeSelectors.length > 0 || isPreferring;
}

function prefersNodes({ preferredNodes = [] }: Pool): boolean {
  return preferredNodes.length > 0;
}

function namesInterfaces(advertisement: Advertisement): boolean {
  return advertisement.kind === "layer2" && advertisement.interfaces.length > 0;
}

function messageOf(wanted: WantedAddress, self: string): WantedMessage {
  const { ip, forbidden, isUnadvertised, selected, interfaces, unlinked, scores, serving, terminating, conflict } =
    wanted;
  const own = interfaces?.get(self);
  return {
    ip: printIp(ip),
    ...(forbidden === undefined ? {} : { forbidden }),
    ...(isUnadvertised === undefined ? {} : { isUnadvertised }),
    ...(selected === undefined ? {} : { selected: [...selected].sort() }),
    ...(own === undefined ? {} : { interfaces: own }),
    ...(unlinked === undefined || unlinked.size === 0 ? {} : { unlinked: [...unlinked].sort() }),
    ...(scores === undefined || scores.size === 0
      ? {}
      : { scores: [...scores].toSorted(([left], [right]) => (left < right ? -1 : 1)) }),
    ...(conflict === undefined ? {} : { conflict }),
    ...(serving === undefined ? {} : { serving: [...serving].sort() }),
    ...(terminating.size === 0 ? {} : { terminating: [...terminating].sort() }),
  };
}
