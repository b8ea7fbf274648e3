import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import type { KernelQuestion } from "#src/election/signs-of-death.ts";
import { parseMac, printMac } from "#src/wire/mac.ts";
import type { AnnouncedAddress } from "./announcer.ts";
import type { MemberMessage } from "./messages.ts";
import type { PortQuestions } from "./port-questions.ts";
import type { Responders } from "./responders.ts";

/** A node is asked for so many of its addresses, and by so many of its Ethernet addresses. */
const MOST_ADDRESSES = 4;
const MOST_MACS = 4;
/** Addresses whose answers are heard: those that were asked for last. */
const MOST_HEARD = 1_024;
/** A question that gets lost must not look like a dead machine: each is sent so often. */
const COPIES = 2;

export interface NodeQuestionsOptions {
  readonly responders: Pick<Responders, "questionNode" | "setQuestioned">;
  readonly ports: Pick<PortQuestions, "ask">;
  /** The node with an interface of this Ethernet address, if it is a member's. */
  nodeOf(mac: string): string | undefined;
  /** The kernel of a node answered. */
  onAnswer(node: string): void;
}

/** Asks the kernels of members, on the wire, whether their machines live. */
export class NodeQuestions {
  readonly #options: NodeQuestionsOptions;
  /** By text; those asked for last come last. */
  readonly #heard = new Map<string, AnnouncedAddress & { readonly node: string }>();

  constructor(options: NodeQuestionsOptions) {
    this.#options = options;
  }

  /**
   * Asks the kernel of a member for the addresses of its node, for the port of its heartbeats, or for both. False
   * where this machine is in no network with it, or its Ethernet addresses are not known.
   */
  ask(member: MemberMessage, question: KernelQuestion): boolean {
    if (question !== "check") this.#options.ports.ask(member);
    if (question === "port") return true;
    const macs = member.macs.slice(0, MOST_MACS).flatMap((text) => parseMac(text) ?? []);
    const texts = new Set([member.address, ...(member.hops ?? [])]);
    const ips = [...texts].flatMap((text) => parseIp(text) ?? []);
    // One family says enough, and ARP costs less: a socket for NDP sees all IPv6.
    return (["ipv4", "ipv6"] as const).some((family) => {
      const own = ips.filter((ip) => ip.family === family).slice(0, MOST_ADDRESSES);
      return own.filter((ip) => this.#ask(member.node, ip, macs)).length > 0;
    });
  }

  /** A machine said on the wire that it has an address that is asked for. */
  hear(ip: Ip, mac: Uint8Array): void {
    const node = this.#heard.get(printIp(ip))?.node;
    if (node !== undefined && this.#options.nodeOf(printMac(mac)) === node) this.#options.onAnswer(node);
  }

  #ask(node: string, ip: Ip, macs: readonly Uint8Array[]): boolean {
    const { responders } = this.#options;
    this.#listenFor(node, ip);
    const sent = macs.flatMap((mac) => Array.from({ length: COPIES }, () => responders.questionNode({ ip, mac })));
    return sent.includes(true);
  }

  #listenFor(node: string, ip: Ip): void {
    const key = printIp(ip);
    const isKnown = this.#heard.get(key)?.node === node;
    this.#heard.delete(key);
    this.#heard.set(key, { ip, node });
    if (isKnown) return;
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > MOST_HEARD && oldest !== undefined) this.#heard.delete(oldest);
    this.#options.responders.setQuestioned(this.#heard);
  }
}
