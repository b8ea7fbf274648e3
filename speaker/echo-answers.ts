import { bitsOf, type Family, type Ip } from "#src/ip/address.ts";
import { cidrOf } from "#src/ip/cidr.ts";
import { rangeOf } from "#src/ip/range.ts";
import { type Budget, fullBudget, refill, spend } from "#src/layer2/budget.ts";
import { anyEchoFilter, echoFilter } from "#src/layer2/echo-filter.ts";
import { EchoCircles } from "#src/layer2/echo-circles.ts";
import { echoReply } from "#src/layer2/echo-reply.ts";
import type { Link } from "#src/linux/link.ts";
import { ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { FilteredSocket, type FilteredSocketOptions } from "./filtered-socket.ts";
import type { AddressChange } from "./served-addresses.ts";

/**
 * What becomes of an echo request that the kernel's filter lets pass: answered; not, because too many come (`limited`); not,
 * because it is none that is answered (`refused`). A closed set, the value of a metric label.
 */
export const echoOutcomes = ["answered", "limited", "refused"] as const;

/** One of `echoOutcomes`. */
export type EchoOutcome = (typeof echoOutcomes)[number];

export interface EchoAnswersOptions extends Pick<
  FilteredSocketOptions,
  "onError" | "onUnopened" | "onWideFilter" | "openPacketSocket"
> {
  readonly link: Link;
  /** Whether the kernel of this machine neither answers nor forwards requests to the address. Asked for every request. */
  mayAnswerPing(ip: Ip): boolean;
  /** So many requests had this outcome. */
  onEcho(outcome: EchoOutcome, count: number): void;
}

/** Small: what a flood brings beyond the budget waits nowhere. */
const RECEIVE_BUFFER_BYTES = 64 << 10;
const SLOTS = 16;
/** Replies that may be sent again before requests are let through again: a flood changes the kernel's filter ten times a second. */
const REOPEN_AT = 100;

const ETHER_TYPES = { ipv4: ETHER_TYPE_IPV4, ipv6: ETHER_TYPE_IPV6 } as const;

/**
 * On one link: answers echo requests (ping) to addresses, within a budget. Where it is spent, the kernel drops all requests until
 * there is a new one, so that a flood takes no more CPU than the budget.
 */
export class EchoAnswers {
  readonly #options: EchoAnswersOptions;
  readonly #sockets: readonly FilteredSocket[];
  /** Undefined until the first `settle`: nothing is answered before. */
  #budget: Budget | undefined;
  #isShut = false;
  /** A request came since the last `settle`. */
  #isAsked = false;
  readonly #circles = new EchoCircles();

  constructor(options: EchoAnswersOptions) {
    this.#options = options;
    this.#sockets = (["ipv4", "ipv6"] as const).map((family) => this.#open(family));
  }

  /** Answers for other addresses from now on. */
  change({ added, removed }: AddressChange): void {
    for (const socket of this.#sockets) socket.change(added, removed);
  }

  /** Refills the budget, and lets the filters follow what changed before; to be called often. */
  settle(nowMs: number): void {
    this.#budget = this.#budget === undefined ? fullBudget(nowMs) : refill(this.#budget, nowMs);
    this.#circles.settle(nowMs);
    this.#countDropped();
    if (this.#isShut && this.#budget.echo >= REOPEN_AT) this.#reopen();
    for (const socket of this.#sockets) socket.settle(nowMs);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #open(family: Family): FilteredSocket {
    const { link, openPacketSocket, onError, onUnopened, onWideFilter } = this.#options;
    const socket: FilteredSocket = new FilteredSocket({
      family,
      etherType: ETHER_TYPES[family],
      interfaceIndex: link.index,
      openPacketSocket,
      onError,
      onUnopened,
      onWideFilter,
      exact: (addresses) => echoFilter(family, addresses),
      wide: () => anyEchoFilter(family),
      slots: SLOTS,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      isLazy: true,
      onFrame: (frame) => this.#answer(frame, socket),
    });
    return socket;
  }

  #answer(frame: Uint8Array, socket: FilteredSocket): void {
    const { link, mayAnswerPing, onEcho, onError } = this.#options;
    this.#isAsked = true;
    // Whatever it is: what is looked at costs CPU.
    const left = this.#budget && spend(this.#budget, "echo");
    if (left === undefined) {
      this.#shut();
      return onEcho("limited", 1);
    }
    this.#budget = left;
    const echo = echoReply(frame, {
      mac: link.mac,
      answersFor: (ip) => socket.has(ip) && mayAnswerPing(ip),
      isBroadcast: (ip) => isBroadcast(link, ip),
    });
    if (echo.kind === "drop" || this.#circles.hasTurned(echo.request, echo.hopsLeft)) return onEcho("refused", 1);
    const sent = socket.send(echo.frame);
    if (sent < 0) onError(-sent);
    else onEcho("answered", 1);
  }

  #shut(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    for (const socket of this.#sockets) socket.shut();
  }

  #reopen(): void {
    this.#isShut = false;
    for (const socket of this.#sockets) socket.reopen();
  }

  /** What the kernel had no room for: it came faster than it is read. */
  #countDropped(): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    const dropped = this.#sockets.reduce((sum, socket) => sum + socket.readDropped(), 0);
    if (dropped > 0) this.#options.onEcho("limited", dropped);
  }
}

/** Whether it is the last address of an IPv4 network of the link, which all of its hosts have (RFC 922; RFC 3021 for short ones). */
function isBroadcast({ addresses }: Link, ip: Ip): boolean {
  return addresses.some(({ ip: own, prefixLength }) => {
    if (own.family !== "ipv4" || prefixLength >= bitsOf("ipv4") - 1) return false;
    const network = cidrOf(own, prefixLength);
    return ip.family === "ipv4" && network !== undefined && ip.value === rangeOf(network).last;
  });
}
