import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type Cidr, printCidr } from "#src/ip/cidr.ts";
import type { VirtualRouter } from "#src/layer2/read-virtual-router.ts";
import type { ArpSysctls } from "#src/linux/arp-sysctls.ts";
import { globalAddresses } from "#src/linux/link.ts";
import type { Problem } from "#src/model/problem.ts";
import { printMac } from "#src/wire/mac.ts";
import { AddressConflicts, type DueAction } from "./address-conflicts.ts";
import { AnnouncementQueue } from "./announcement-queue.ts";
import type { AnnouncedAddress, Announcer, AnnouncerView, TickView } from "./announcer.ts";
import type { CounterSet } from "./counter-set.ts";
import type { ForwardStopper } from "./forward-stopper.ts";
import type { LastAnswers } from "./last-answers.ts";
import type { LinkResponder } from "./link-responder.ts";
import { localAddressProblems } from "./local-address-problems.ts";
import type { LocalNetwork } from "./local-network.ts";
import type { InterfaceState } from "./messages.ts";
import { untoldNetworkProblems } from "./networks-to-tell.ts";
import { OwnerChecks } from "./owner-checks.ts";
import type { Responders } from "./responders.ts";
import { sharedNetworkProblems } from "./shared-networks.ts";
import { virtualRouterProblems } from "./virtual-router-problems.ts";
import { VirtualRouters } from "./virtual-routers.ts";

export interface Layer2AnnouncerOptions {
  readonly responders: Pick<
    Responders,
    | "announce"
    | "ask"
    | "links"
    | "probe"
    | "setAnnounced"
    | "setChecked"
    | "setWatched"
    | "settle"
    | "sharedNetworks"
    | "subnets"
  >;
  readonly counters: CounterSet;
  readonly answers: Pick<LastAnswers, "forget">;
  /** All links of this machine. */
  readonly network: Pick<LocalNetwork, "links">;
  /** Hears which addresses are answered for; undefined: the kernel forwards echo requests to them. */
  readonly stopper: Pick<ForwardStopper, "stop" | "release" | "settle"> | undefined;
  arpSysctls(interfaceName: string): ArpSysctls;
  /** A number from 0 to 1, new at each call. */
  chance(): number;
}

/**
 * Rounds of announcements that are sent at once. Each takes a few microseconds, and tens of them where the switch is part of the
 * machine, as a bridge of containers is: some milliseconds for all, after which heartbeats are read and sent.
 */
const ROUNDS_PER_PORTION = 32;
/** Addresses for which something about other machines that have them, too, is done at once. */
const CONFLICTS_PER_PORTION = 32;

/** Answers ARP and NDP for addresses, and announces them unasked: at once, then in growing intervals. */
export class Layer2Announcer implements Announcer {
  readonly #options: Layer2AnnouncerOptions;
  readonly #queue: AnnouncementQueue;
  readonly #conflicts: AddressConflicts;
  readonly #owners = new OwnerChecks();
  readonly #routers = new VirtualRouters();
  /** All that it is to announce, by text. */
  readonly #claimed = new Map<string, AnnouncedAddress>();
  /** Those of them that it answers for: all but those that are yielded, or of which it is not known yet that they are free. */
  readonly #announced = new Map<string, AnnouncedAddress>();

  /** Claimed or released since the addresses were set for which other machines are listened to. */
  readonly #unwatched = new Set<string>();

  constructor(options: Layer2AnnouncerOptions) {
    this.#options = options;
    this.#queue = new AnnouncementQueue((ip) => options.responders.announce(ip), options.chance);
    this.#conflicts = new AddressConflicts(options.chance);
  }

  get silent(): ReadonlySet<string> {
    return this.#conflicts.silent;
  }

  get hasMore(): boolean {
    return this.#queue.hasMore;
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
      if (address === undefined) {
        this.#claimed.delete(key);
        this.#conflicts.release(key);
      } else {
        this.#claimed.set(key, address);
        this.#conflicts.claim(key, address, nowMs);
      }
    }
    this.#match(keys, nowMs);
    for (const key of keys) this.#unwatched.add(key);
  }

  repeat(keys: readonly string[], nowMs: number): void {
    for (const key of keys) {
      // A claim that is heard is settled by the election.
      this.#conflicts.settle(key);
      this.#start(key, nowMs);
    }
  }

  linksChanged(nowMs: number): void {
    this.#options.responders.setWatched(this.#claimed);
    this.#options.responders.setAnnounced(this.#announced);
    for (const key of this.#announced.keys()) this.#start(key, nowMs);
  }

  /** Another machine says on the wire that it has an address. */
  hearForeignClaim(
    protocol: "arp" | "ndp",
    { ip, mac }: { readonly ip: Ip; readonly mac: string },
    nowMs: number,
  ): void {
    // An interface of this machine that hears another one of it.
    if ([...this.#options.network.links].some((link) => printMac(link.mac) === mac)) return;
    this.#options.counters.add("foreign_claims", protocol);
    this.#conflicts.hear(printIp(ip), mac, nowMs);
  }

  /** A machine says on the wire that it has an address which is asked for. */
  hearOwner(ip: Ip, mac: string, nodeOf: AnnouncerView["nodeOf"]): void {
    this.#owners.hear(printIp(ip), mac, nodeOf);
  }

  /** A virtual router says on the wire what it has. */
  hearVirtualRouter(router: VirtualRouter, isOurs: (ip: Ip) => boolean, nowMs: number): void {
    this.#routers.hear(router, isOurs, nowMs);
  }

  tick(view: TickView, nowMs: number): boolean {
    // A new address is asked for before it is announced; without any, nothing is done here.
    const first = this.#conflicts.takeNew(view, nowMs);
    this.#watch(first.map(({ key }) => key));
    for (const one of first) this.#act(one);
    // Clients of addresses that are taken over wait for the first announcement, and for nothing else of this.
    const sent = this.#send(nowMs, ROUNDS_PER_PORTION);
    this.#watch([...this.#unwatched]);
    this.#checkOwners(view, nowMs);
    const later = this.#conflicts.takeDue(view, nowMs, CONFLICTS_PER_PORTION);
    for (const one of later) this.#act(one);
    const due = [...first, ...later];
    const keys = due.filter(({ action }) => action === "announce" || action === "withdraw").map(({ key }) => key);
    if (keys.length > 0) this.#match(keys, nowMs);
    this.#send(nowMs, ROUNDS_PER_PORTION - sent);
    this.#options.responders.settle(nowMs);
    this.#options.stopper?.settle(nowMs);
    return keys.length > 0;
  }

  problems(view: AnnouncerView, nowMs: number): readonly Problem[] {
    const { network, responders, arpSysctls } = this.#options;
    const { node, wanted, untold } = view;
    const serving = responders.links().map(({ link }) => link.name);
    return [
      ...this.#conflicts.problems(node, view, nowMs),
      ...virtualRouterProblems(this.#routers.list(nowMs), view),
      ...this.#owners.problems(node),
      ...localAddressProblems({ links: network.links, wanted, serving, arpSysctls }),
      ...untoldNetworkProblems(node, untold),
      ...sharedNetworkProblems(responders.sharedNetworks()),
    ];
  }

  /** Answers for those of the keys that it is to announce and that are not silent, announces these, and withdraws the others. */
  #match(keys: readonly string[], nowMs: number): void {
    for (const key of keys) {
      const address = this.silent.has(key) ? undefined : this.#claimed.get(key);
      if (address === undefined) this.#announced.delete(key);
      else this.#announced.set(key, address);
    }
    this.#options.responders.setAnnounced(this.#announced, keys);
    for (const key of keys) {
      if (this.#announced.has(key)) this.#start(key, nowMs);
      else this.#stop(key);
    }
  }

  /** Sends so many rounds that are due, at most; returns how many. */
  #send(nowMs: number, most: number): number {
    const sent = this.#queue.sendDue(nowMs, most);
    this.#options.counters.addAnnouncementRounds(sent);
    return sent;
  }

  /** Listens for other machines that have these, of what was claimed. */
  #watch(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#options.responders.setWatched(this.#claimed, keys);
    for (const key of keys) this.#unwatched.delete(key);
  }

  #checkOwners(view: TickView, nowMs: number): void {
    const questions = this.#owners.tick(view, nowMs);
    if (questions === undefined) return;
    const { responders } = this.#options;
    if (questions.heard !== undefined) responders.setChecked(questions.heard);
    for (const ip of questions.asked) responders.ask(ip);
  }

  #act({ ip, action }: DueAction): void {
    this.#options.counters.add("conflict_actions", action);
    if (action === "probe") this.#options.responders.probe(ip);
    else if (action === "defend") this.#options.responders.announce(ip);
  }

  #start(key: string, nowMs: number): void {
    const address = this.#announced.get(key);
    if (address === undefined) return;
    this.#queue.start(address.ip, nowMs);
    this.#options.stopper?.stop(address.ip);
  }

  #stop(key: string): void {
    this.#queue.stop(key);
    const ip = parseIp(key);
    if (ip === undefined) return;
    this.#options.answers.forget(ip);
    this.#options.stopper?.release(ip);
  }
}

function interfaceState({ link, subnets }: Pick<LinkResponder, "link" | "subnets">): InterfaceState {
  return {
    name: link.name,
    mac: printMac(link.mac),
    subnets: subnets.map(printCidr),
    addresses: globalAddresses(link).map(({ ip }) => printIp(ip)),
  };
}
