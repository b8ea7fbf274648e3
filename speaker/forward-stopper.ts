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

/** The name of our tables in nftables, one of each family. */
const TABLE = "hawser-ping";
const SET = "answered_for";
const CHAIN = "do_not_forward";
/** Before connection tracking (-200): a request that is dropped needs no entry there. */
const PRIORITY = -300;
/** An address beyond this is answered for all the same. */
const MAX_ADDRESSES = 65_536;
/** Changes of one batch: it has to fit the socket's buffer. */
const BATCH_CHANGES = 500;
const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/**
 * Stops the kernel from forwarding echo requests to addresses that the speaker answers for. These are on no interface, so the kernel would send each
 * request on: to the machine that its neighbour table names, which sends it back, or into a question without an answer, after
 * which the client hears of an unreachable host. The tables go when the socket is closed, also by the death of the speaker.
 */
export class ForwardStopper {
  readonly #socket: Pick<NfTablesSocket, "send">;
  readonly #stopped = new Map<string, Ip>();
  /** Changes that the kernel does not know of; an address that is not stopped is to be taken out. */
  readonly #changed = new Map<string, Ip>();
  /** What the kernel has. */
  readonly #told = new Set<string>();

  private constructor(socket: Pick<NfTablesSocket, "send">) {
    this.#socket = socket;
  }

  /** Makes the tables. Resolves with the kernel's error, a positive errno, where it refuses. */
  static async open(socket: Pick<NfTablesSocket, "send">): Promise<ForwardStopper | number> {
    for (const family of FAMILIES) {
      const chain = { family, table: TABLE, name: CHAIN, priority: PRIORITY };
      const messages = [
        addOwnedTable(family, TABLE),
        addAddressSet(setOf(family), MAX_ADDRESSES),
        ...addEmptyChain(chain),
        appendRule(chain, pingRule(family, SET)),
      ];
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      socket.send(messages, resolve);
      const errno = await promise;
      if (errno !== undefined) return errno;
    }
    return new ForwardStopper(socket);
  }

  /** The speaker answers for the address from now on. The kernel hears it at the next `settle`. */
  stop(ip: Ip): void {
    const key = printIp(ip);
    if (this.#stopped.has(key) || this.#stopped.size >= MAX_ADDRESSES) return;
    this.#stopped.set(key, ip);
    this.#changed.set(key, ip);
  }

  /** The speaker no longer answers for the address. */
  release(ip: Ip): void {
    const key = printIp(ip);
    if (this.#stopped.delete(key)) this.#changed.set(key, ip);
  }

  /** Tells the kernel what changed; to be called often. */
  settle(): void {
    if (this.#changed.size === 0) return;
    const messages: NfMessage[] = [];
    for (const [key, ip] of this.#changed) {
      if (messages.length === BATCH_CHANGES) break;
      this.#changed.delete(key);
      const isStopped = this.#stopped.has(key);
      if (isStopped === this.#told.has(key)) continue;
      if (isStopped) this.#told.add(key);
      else this.#told.delete(key);
      messages.push(isStopped ? addSetEntry(setOf(ip.family), ip) : deleteMapEntry(setOf(ip.family), ip));
    }
    // Where it fails, which it has no reason to, the kernel forwards as it did before.
    if (messages.length > 0) this.#socket.send(messages, () => undefined);
  }
}

function setOf(family: Family) {
  return { family, table: TABLE, name: SET };
}

/** The Problem of a kernel that does not take the tables; `errno` is positive. */
export function pingNotAnswered(node: string, errno: number): Problem {
  const isRefused = errno === constants.errno.EPERM || errno === constants.errno.EACCES;
  return {
    code: "PING_NOT_ANSWERED",
    at: { kind: "speaker", nodes: [node] },
    what: "Echo requests (ping) to the addresses that this node announces are not answered",
    why: `the kernel does not take the table "${TABLE}" of nftables (${getSystemErrorName(-errno)}), without which it would forward each request as well`,
    fix: isRefused
      ? "Give the speaker the capability NET_ADMIN (config/answer-ping), or start it without --answer-ping"
      : "Load the kernel modules nf_tables, nft_fib_ipv4 and nft_fib_ipv6 (Linux 5.12 at least), or start the speaker without --answer-ping",
    severity: "warning",
  };
}
