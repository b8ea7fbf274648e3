import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type Cidr, printCidr } from "#src/ip/cidr.ts";
import type { ArpSysctls } from "#src/linux/arp-sysctls.ts";
import type { Problem } from "#src/model/problem.ts";
import { printMac } from "#src/wire/mac.ts";
import { AnnouncementQueue } from "./announcement-queue.ts";
import type { AnnouncedAddress, Announcer, AnnouncerView } from "./announcer.ts";
import type { CounterSet } from "./counter-set.ts";
import { ForeignClaims } from "./foreign-claims.ts";
import type { LastAnswers } from "./last-answers.ts";
import type { LinkResponder } from "./link-responder.ts";
import { localAddressProblems } from "./local-address-problems.ts";
import type { LocalNetwork } from "./local-network.ts";
import type { InterfaceState } from "./messages.ts";
import { untoldNetworkProblems } from "./networks-to-tell.ts";
import type { Responders } from "./responders.ts";
import { sharedNetworkProblems } from "./shared-networks.ts";

export interface Layer2AnnouncerOptions {
  readonly responders: Pick<
    Responders,
    "announce" | "setAnnounced" | "settle" | "subnets" | "links" | "sharedNetworks"
  >;
  readonly counters: CounterSet;
  readonly answers: Pick<LastAnswers, "forget">;
  /** All links of this machine. */
  readonly network: Pick<LocalNetwork, "links">;
  arpSysctls(interfaceName: string): ArpSysctls;
  /** A number from 0 to 1, new at each call. */
  chance(): number;
}

/** Answers ARP and NDP for addresses, and announces them unasked: at once, then in growing intervals. */
export class Layer2Announcer implements Announcer {
  readonly #options: Layer2AnnouncerOptions;
  readonly #queue: AnnouncementQueue;
  readonly #foreign = new ForeignClaims();
  /** By text. */
  readonly #announced = new Map<string, AnnouncedAddress>();

  constructor(options: Layer2AnnouncerOptions) {
    this.#options = options;
    this.#queue = new AnnouncementQueue((ip) => options.responders.announce(ip), options.chance);
  }

  networks(): readonly Cidr[] {
    return this.#options.responders.subnets();
  }

  interfaces(): readonly InterfaceState[] {
    return this.#options.responders.links().map(interfaceState);
  }

  announce(addresses: ReadonlyMap<string, AnnouncedAddress>, keys: readonly string[], nowMs: number): void {
    for (const key of keys) {
      const address = addresses.get(key);
      if (address === undefined) this.#announced.delete(key);
      else this.#announced.set(key, address);
    }
    this.#options.responders.setAnnounced(this.#announced, keys);
    for (const key of keys) {
      if (this.#announced.has(key)) this.#start(key, nowMs);
      else this.#stop(key);
    }
  }

  repeat(keys: readonly string[], nowMs: number): void {
    for (const key of keys) {
      // A claim that is heard is settled by the election.
      this.#foreign.settle(key);
      this.#start(key, nowMs);
    }
  }

  linksChanged(nowMs: number): void {
    this.#options.responders.setAnnounced(this.#announced);
    for (const key of this.#announced.keys()) this.#start(key, nowMs);
  }

  /** Another machine says on the wire that it has an address. */
  hearForeignClaim(ip: Ip, mac: string, nowMs: number): void {
    const key = printIp(ip);
    // An interface of this machine that hears another one of it.
    const isOwn = [...this.#options.network.links].some((link) => printMac(link.mac) === mac);
    if (!isOwn && this.#announced.has(key)) this.#foreign.hear(key, { ip, mac }, nowMs);
  }

  tick(nowMs: number): void {
    this.#options.counters.addAnnouncementRounds(this.#queue.sendDue(nowMs));
    this.#options.responders.settle(nowMs);
  }

  problems(view: AnnouncerView, nowMs: number): readonly Problem[] {
    const { network, responders, arpSysctls } = this.#options;
    const { node, wanted, untold } = view;
    const serving = responders.links().map(({ link }) => link.name);
    return [
      ...this.#foreign.problems(node, { ...view, nowMs }),
      ...localAddressProblems({ links: network.links, wanted, serving, arpSysctls }),
      ...untoldNetworkProblems(node, untold),
      ...sharedNetworkProblems(responders.sharedNetworks()),
    ];
  }

  #start(key: string, nowMs: number): void {
    const address = this.#announced.get(key);
    if (address !== undefined) this.#queue.start(address.ip, nowMs);
  }

  #stop(key: string): void {
    this.#queue.stop(key);
    this.#foreign.settle(key);
    const ip = parseIp(key);
    if (ip !== undefined) this.#options.answers.forget(ip);
  }
}

function interfaceState({ link, subnets }: Pick<LinkResponder, "link" | "subnets">): InterfaceState {
  const addresses = link.addresses.filter(({ scope }) => scope === "global");
  return {
    name: link.name,
    mac: printMac(link.mac),
    subnets: subnets.map(printCidr),
    addresses: addresses.map(({ ip }) => printIp(ip)),
  };
}
