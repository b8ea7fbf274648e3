import { type Ip, printIp } from "#src/ip/address.ts";
import { type Cidr, printCidr } from "#src/ip/cidr.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import type { QuestionedNode } from "#src/layer2/node-question-frame.ts";
import { NO_ROUTES, type Routes } from "#src/linux/routes.ts";
import { whyUnusable } from "#src/linux/why-unusable.ts";
import { takesInterface } from "#src/model/takes-interface.ts";
import type { Problem } from "#src/model/problem.ts";
import { packetSocketProblem } from "./socket-problems.ts";
import { selectable } from "./selectable.ts";
import { type LinkShare, type ServedNetwork, servedNetworks, sharedNetworks, shareOf } from "./shared-networks.ts";
import type { AnnouncedAddress } from "./announcer.ts";
import { LinkResponder, type LinkResponderOptions } from "./link-responder.ts";

export interface RespondersOptions extends Omit<LinkResponderOptions, "link" | "anySubnet" | "share"> {
  /**
   * Selectors of those to use; empty: every usable one. An interface with its own name there serves addresses of any network
   * that no other one in use has; one that a pattern or a network takes has to be usable, and serves its own networks.
   */
  readonly interfaces: readonly string[];
  /** Hears on which links no packet socket can be opened, after each attempt; an empty list if there are none. */
  onProblems(problems: readonly Problem[]): void;
}

/** One responder per usable link, kept in step with the links. */
export class Responders {
  readonly #options: RespondersOptions;
  readonly #byIndex = new Map<number, LinkResponder>();
  readonly #problems = new Map<number, Problem>();
  #links: ReadonlyMap<number, Link> = new Map();
  #routes: Routes = NO_ROUTES;
  #served: readonly ServedNetwork[] = [];
  #subnets: readonly Cidr[] = [];
  #questioned: ReadonlyMap<string, AnnouncedAddress> = new Map();

  constructor(options: RespondersOptions) {
    this.#options = options;
  }

  /** Opens and closes responders so that they match the links; true if the served networks or MACs changed. */
  setLinks(links: ReadonlyMap<number, Link>): boolean {
    this.#links = links;
    return this.#match();
  }

  /** Takes in by which interface the kernel routes each network; true as for `setLinks`. */
  setRoutes(routes: Routes): boolean {
    this.#routes = routes;
    return this.#match();
  }

  /** The networks that several of the links in use are in. */
  sharedNetworks(): readonly ServedNetwork[] {
    return sharedNetworks(this.#served);
  }

  #match(): boolean {
    const links = this.#links;
    this.#problems.clear();
    this.#served = servedNetworks(
      [...links.values()].filter((link) => this.#isUsable(link)),
      this.#routes,
    );
    let changed = false;
    for (const [index, responder] of this.#byIndex) {
      const link = links.get(index);
      const isSame = link !== undefined && this.#isUsable(link) && isSameLink(link, responder.link);
      if (isSame && isSameShare(this.#shareOf(link), responder.share)) continue;
      this.#byIndex.delete(index);
      // One whose addresses or MAC changed goes on without a gap.
      if (link !== undefined && this.#isUsable(link)) this.#open(link, responder);
      responder.close();
      changed = true;
    }
    for (const link of links.values()) {
      if (this.#byIndex.has(link.index) || this.#problems.has(link.index) || !this.#isUsable(link)) continue;
      changed = this.#open(link) || changed;
    }
    if (changed) this.#subnets = uniqueSubnets([...this.#byIndex.values()].flatMap(({ subnets }) => subnets));
    this.#options.onProblems([...this.#problems.values()]);
    return changed;
  }

  /** Tries once more what could not be opened; true as for `setLinks`. */
  retryFailed(): boolean {
    return this.#problems.size > 0 && this.#match();
  }

  /** Networks in which this speaker can serve. */
  subnets(): readonly Cidr[] {
    return this.#subnets;
  }

  links(): readonly LinkResponder[] {
    return [...this.#byIndex.values()];
  }

  /** Answers for exactly these addresses, each on the links that serve it; only those of `keys` are looked at, if given. */
  setAnnounced(addresses: ReadonlyMap<string, AnnouncedAddress>, keys?: Iterable<string>): void {
    for (const responder of this.#byIndex.values()) responder.setAnnounced(addresses, keys);
  }

  /** Listens for other machines that have one of these addresses; `keys` as for `setAnnounced`. */
  setWatched(addresses: ReadonlyMap<string, AnnouncedAddress>, keys?: Iterable<string>): void {
    for (const responder of this.#byIndex.values()) responder.setWatched(addresses, keys);
  }

  /** Lets the kernel's filters follow what changed before; to be called often. */
  settle(nowMs: number): void {
    for (const responder of this.#byIndex.values()) responder.settle(nowMs);
  }

  /** Sends one round of unasked announcements on every link that serves the address. */
  announce(ip: Ip): void {
    for (const responder of this.#byIndex.values()) responder.announce(ip);
  }

  /** Asks on every link that serves the address whether another machine has it. */
  probe(ip: Ip): void {
    for (const responder of this.#byIndex.values()) responder.probe(ip);
  }

  /** Listens for the owners of exactly these addresses. */
  setChecked(ips: readonly Ip[]): void {
    const addresses = new Map(ips.map((ip) => [printIp(ip), { ip }]));
    for (const responder of this.#byIndex.values()) responder.setChecked(addresses);
  }

  /** Asks the owner of a checked address on every link that serves it. */
  ask(ip: Ip): void {
    for (const responder of this.#byIndex.values()) responder.ask(ip);
  }

  /** Listens for exactly these addresses of nodes. */
  setQuestioned(addresses: ReadonlyMap<string, AnnouncedAddress>): void {
    this.#questioned = addresses;
    for (const responder of this.#byIndex.values()) responder.setQuestioned(addresses);
  }

  /** Asks the kernel of a node for one of its addresses; false where no link is in its network. */
  questionNode(node: QuestionedNode): boolean {
    return [...this.#byIndex.values()].filter((responder) => responder.questionNode(node)).length > 0;
  }

  close(): void {
    for (const responder of this.#byIndex.values()) responder.close();
    this.#byIndex.clear();
    this.#subnets = [];
  }

  #isUsable(link: Link): boolean {
    const { interfaces } = this.#options;
    if (!takesInterface(interfaces, selectable(link))) return false;
    return this.#isNamed(link) ? canAnswer(link) : whyUnusable(link) === undefined;
  }

  /** Whether the link serves every address, not only those of its own networks. */
  #isNamed({ name }: Link): boolean {
    return this.#options.interfaces.includes(name);
  }

  #shareOf(link: Link): LinkShare {
    return shareOf(link, this.#served, this.#isNamed(link));
  }

  #open(link: Link, before?: LinkResponder): boolean {
    try {
      const [anySubnet, share] = [this.#isNamed(link), this.#shareOf(link)];
      const responder = new LinkResponder({ ...this.#options, link, anySubnet, share });
      if (before !== undefined) responder.takeFrom(before);
      responder.setQuestioned(this.#questioned);
      this.#byIndex.set(link.index, responder);
      return true;
    } catch (error) {
      this.#problems.set(link.index, packetSocketProblem(error as Error, link.name));
      return false;
    }
  }
}

/** Whether a link that is named can answer at all. What else speaks against a link does not count once it is named. */
function canAnswer({ up, noArp, mac, kind }: Link): boolean {
  return up && !noArp && mac.length === 6 && kind !== "vrf";
}

function isSameShare(left: LinkShare, right: LinkShare): boolean {
  const print = ({ kept, yielded }: LinkShare): string => JSON.stringify([kept.map(printCidr), yielded.map(printCidr)]);
  return print(left) === print(right);
}

function uniqueSubnets(subnets: readonly Cidr[]): readonly Cidr[] {
  return [...new Map(subnets.map((subnet) => [printCidr(subnet), subnet])).values()];
}

/** Whether sockets, frames and served networks made for one still fit the other. */
function isSameLink(left: Link, right: Link): boolean {
  const print = ({ name, mac, addresses }: Link): string =>
    JSON.stringify([
      name,
      [...mac],
      addresses.map(({ ip, prefixLength }) => `${ip.family} ${ip.value}/${prefixLength}`),
    ]);
  return print(left) === print(right);
}
