import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { type Family, type Ip, printIp } from "#src/ip/address.ts";
import type { NfTablesSocket } from "#src/linux/nf-tables-socket.ts";
import type { Problem } from "#src/model/problem.ts";
import {
  addAddressSet,
  addEmptyChain,
  addOwnedTable,
  addSetEntry,
  appendRule,
  deleteMapEntry,
  type NfMessage,
} from "#src/wire/nf-batch.ts";
import { pingRule } from "#src/wire/ping-rule.ts";
import { errnoOf } from "./errno-of.ts";

/** The name of our tables in nftables, one of each family. */
const TABLE = "hawser-ping";
const SET = "answered_for";
const CHAIN = "do_not_forward";
/** Before connection tracking (-200): a request that is dropped needs no entry there. */
const PRIORITY = -300;
/** An address beyond this is not answered for. */
const MAX_ADDRESSES = 65_536;
/** Changes of one batch: the answers to all of them have to fit the socket's receive buffer. */
const BATCH_CHANGES = 100;
/** The kernel has done a batch when it is sent: an answer that is not there after so long was lost. */
const ANSWER_MS = 1_000;
/** Between two attempts to make the tables: one that fails makes this thread wait for some 20 ms. */
const RETRY_MS = 10_000;
const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** The way to nftables; its end takes the tables away. */
export type StopperSocket = Pick<NfTablesSocket, "send" | typeof Symbol.dispose>;

export interface ForwardStopperOptions {
  readonly node: string;
  /** Opens a socket; throws an error with `errno` where the kernel has none. */
  openSocket(onError: (errno: number) => void): StopperSocket;
  /** Hears what keeps it from its work; an empty list once it works again. */
  onProblems(problems: readonly Problem[]): void;
}

/**
 * Stops the kernel from forwarding echo requests to addresses that the speaker answers for. These are on no interface, so the kernel would send each
 * request on: to the machine that its neighbour table names, which sends it back, or into a question without an answer, after
 * which the client hears of an unreachable host. The tables go when the socket is closed, also by the death of the speaker.
 * Where a batch fails the socket is closed, and another one gets everything again: what the kernel has is never a guess.
 */
export class ForwardStopper {
  readonly #options: ForwardStopperOptions;
  readonly #wanted = new Map<string, Ip>();
  /** Changes that the kernel does not know of; an address that is not wanted is to be taken out. */
  readonly #changed = new Map<string, Ip>();
  /** What the kernel has for certain. */
  readonly #stopped = new Set<string>();
  /** Undefined: there are no tables. */
  #socket: StopperSocket | undefined;
  /** The batch whose answer is waited for. */
  #sent: { readonly added: readonly string[]; readonly sentMs: number } | undefined;
  #retryMs = -Infinity;
  #hasProblem = false;

  constructor(options: ForwardStopperOptions) {
    this.#options = options;
  }

  /** The speaker answers for the address from now on. The kernel hears it at the next `settle`. */
  stop(ip: Ip): void {
    const key = printIp(ip);
    if (this.#wanted.has(key) || this.#wanted.size >= MAX_ADDRESSES) return;
    this.#wanted.set(key, ip);
    this.#changed.set(key, ip);
  }

  /** The speaker no longer answers for the address. */
  release(ip: Ip): void {
    const key = printIp(ip);
    if (this.#wanted.delete(key)) this.#changed.set(key, ip);
  }

  /** Whether the kernel forwards no echo request to the address, for certain. */
  isStopped(ip: Ip): boolean {
    return this.#stopped.has(printIp(ip));
  }

  /** Makes the tables where there are none, and tells the kernel what changed; to be called often. */
  settle(nowMs: number): void {
    if (this.#sent !== undefined) {
      if (nowMs - this.#sent.sentMs >= ANSWER_MS) this.#fail(constants.errno.ETIMEDOUT);
    } else if (this.#socket !== undefined) this.#tellChanges(this.#socket, nowMs);
    else if (nowMs >= this.#retryMs) this.#open(nowMs);
  }

  close(): void {
    this.#socket?.[Symbol.dispose]();
    this.#socket = undefined;
    this.#sent = undefined;
    this.#stopped.clear();
    this.#retryMs = Infinity;
  }

  #open(nowMs: number): void {
    this.#retryMs = nowMs + RETRY_MS;
    try {
      const socket = this.#options.openSocket((errno) => {
        if (socket === this.#socket) this.#fail(errno);
      });
      this.#socket = socket;
      this.#send(socket, FAMILIES.flatMap(tableOf), { added: [], sentMs: nowMs });
    } catch (error) {
      this.#fail(errnoOf(error));
    }
  }

  #tellChanges(socket: StopperSocket, nowMs: number): void {
    const messages: NfMessage[] = [];
    const added: string[] = [];
    for (const [key, ip] of this.#changed) {
      if (messages.length === BATCH_CHANGES) break;
      this.#changed.delete(key);
      const isWanted = this.#wanted.has(key);
      if (isWanted === this.#stopped.has(key)) continue;
      if (isWanted) added.push(key);
      else this.#stopped.delete(key);
      messages.push(isWanted ? addSetEntry(setOf(ip.family), ip) : deleteMapEntry(setOf(ip.family), ip));
    }
    if (messages.length > 0) this.#send(socket, messages, { added, sentMs: nowMs });
  }

  #send(
    socket: StopperSocket,
    messages: readonly NfMessage[],
    sent: { readonly added: readonly string[]; readonly sentMs: number },
  ): void {
    this.#sent = sent;
    socket.send(messages, (errno) => {
      if (this.#sent !== sent) return;
      if (errno !== undefined) return this.#fail(errno);
      this.#sent = undefined;
      for (const key of sent.added) this.#stopped.add(key);
      if (this.#hasProblem) this.#options.onProblems([]);
      this.#hasProblem = false;
    });
  }

  /** The kernel forgets all with the socket. Another one is opened when it is time. */
  #fail(errno: number): void {
    this.#socket?.[Symbol.dispose]();
    this.#socket = undefined;
    this.#sent = undefined;
    this.#stopped.clear();
    this.#changed.clear();
    for (const [key, ip] of this.#wanted) this.#changed.set(key, ip);
    this.#hasProblem = true;
    this.#options.onProblems([pingNotAnswered(this.#options.node, errno)]);
  }
}

function setOf(family: Family) {
  return { family, table: TABLE, name: SET };
}

function tableOf(family: Family): readonly NfMessage[] {
  const chain = { family, table: TABLE, name: CHAIN, priority: PRIORITY };
  return [
    addOwnedTable(family, TABLE),
    addAddressSet(setOf(family), MAX_ADDRESSES),
    ...addEmptyChain(chain),
    appendRule(chain, pingRule(family, SET)),
  ];
}

/** The Problem of a kernel that does not take the tables; `errno` is positive. */
export function pingNotAnswered(node: string, errno: number): Problem {
  return {
    code: "PING_NOT_ANSWERED",
    at: { kind: "speaker", nodes: [node] },
    what: "Echo requests (ping) to the addresses that this node announces are not answered",
    why: `the kernel does not take the table "${TABLE}" of nftables (${getSystemErrorName(-errno)}), without which it would forward each request as well`,
    fix: `${fixOf(errno)}, or start it without --answer-ping; Hawser tries again every ${RETRY_MS / 1_000} s`,
    severity: "warning",
  };
}

function fixOf(errno: number): string {
  const { EPERM, EACCES, EMFILE, ENFILE, ENOMEM, ENOBUFS, ETIMEDOUT } = constants.errno;
  if (errno === EPERM || errno === EACCES)
    return "Give the speaker the capability NET_ADMIN (config/answer-ping); if it has it, end the other speaker of this node, which has the table";
  if (errno === EMFILE || errno === ENFILE) return "Raise the limit of open files of the speaker";
  if (errno === ENOMEM || errno === ENOBUFS || errno === ETIMEDOUT) return "Give the node's kernel more memory or time";
  return "Load the kernel modules nf_tables, nft_fib_ipv4 and nft_fib_ipv6 (Linux 5.12 at least) for the speaker";
}
