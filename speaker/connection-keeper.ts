import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { equalIps, type Family, type Ip, printIp } from "#src/ip/address.ts";
import type { NfTablesSocket } from "#src/linux/nf-tables-socket.ts";
import type { Problem } from "#src/model/problem.ts";
import { keepRules } from "#src/wire/keep-rules.ts";
import {
  addAddressMap,
  addEmptyChain,
  addMapEntry,
  addTable,
  appendRule,
  deleteMapEntry,
  deleteTable,
  type NfMessage,
} from "#src/wire/nf-batch.ts";

/** The name of our tables in nftables, one of each family. */
const TABLE = "hawser";
const MAP = "former_owners";
const CHAIN = "keep_connections";
/** After connection tracking (-200), before any destination NAT (-100). */
const PRIORITY = -110;
const MAX_ENTRIES = 65_536;
const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

export interface ConnectionKeeperOptions {
  readonly node: string;
  readonly socket: Pick<NfTablesSocket, "send">;
  /** An entry is forgotten after so long. */
  readonly keptMs: number;
  /** Hears what keeps it from its work; an empty list if nothing does. */
  onProblems(problems: readonly Problem[]): void;
}

/**
 * Keeps TCP connections alive when an address moves while its former owner lives: what this machine does not know of goes there, by a rule of
 * nftables. It is done in the kernel: entries stay until their time is over, whether or not the speaker runs.
 */
export class ConnectionKeeper {
  readonly #options: ConnectionKeeperOptions;
  /** By address text: where unknown packets go. */
  readonly #entries = new Map<string, { readonly via: Ip; readonly setMs: number }>();

  /** Makes the tables, or puts the rules in those that the speaker before it left. */
  constructor(options: ConnectionKeeperOptions) {
    this.#options = options;
    for (const family of FAMILIES) {
      const map = { family, table: TABLE, name: MAP };
      const chain = { family, table: TABLE, name: CHAIN, priority: PRIORITY };
      const rules = keepRules(family, MAP).map((rule) => appendRule(chain, rule));
      const messages = [addTable(family, TABLE), addAddressMap(map, MAX_ENTRIES), ...addEmptyChain(chain), ...rules];
      options.socket.send(messages, (errno) => this.#report(errno));
    }
  }

  /** From now on, unknown packets for the address go to this one. */
  follow(ip: Ip, via: Ip, nowMs: number): void {
    const key = printIp(ip);
    const known = this.#entries.get(key);
    if (known !== undefined && equalIps(known.via, via) && nowMs - known.setMs < this.#options.keptMs / 2) return;
    this.#entries.delete(key);
    if (this.#entries.size >= MAX_ENTRIES) this.#forgetOld(nowMs);
    if (this.#entries.size >= MAX_ENTRIES) return this.#replace(ip, { before: known?.via });
    this.#entries.set(key, { via, setMs: nowMs });
    this.#replace(ip, { before: known?.via, after: via });
  }

  /** Unknown packets for the address are no longer sent elsewhere. */
  forget(ip: Ip): void {
    const key = printIp(ip);
    const before = this.#entries.get(key)?.via;
    this.#entries.delete(key);
    this.#replace(ip, { before });
  }

  /** The speaker ends: without an entry that is still needed the tables go, otherwise the kernel forgets them one by one. */
  end(nowMs: number): void {
    const { keptMs, socket } = this.#options;
    if ([...this.#entries.values()].some(({ setMs }) => nowMs - setMs < keptMs)) return;
    for (const family of FAMILIES) socket.send([deleteTable(family, TABLE)], () => undefined);
  }

  /**
   * Takes the entry of an address out of the kernel's map, and puts the new one in, if there is one. For a batch that fails the kernel
   * makes its caller wait for some 20 ms, and it fails to remove an entry that is not there. So the one that may be there is
   * added before it is removed: that fails only where the speaker before this one left another one.
   */
  #replace(ip: Ip, { before, after }: { readonly before: Ip | undefined; readonly after?: Ip }): void {
    const { keptMs, socket } = this.#options;
    const entryOf = (via: Ip): NfMessage => addMapEntry(mapOf(ip), { key: ip, value: via, timeoutMs: keptMs });
    const there = [deleteMapEntry(mapOf(ip), ip), ...(after === undefined ? [] : [entryOf(after)])];
    socket.send([entryOf(before ?? after ?? ip), ...there], (errno) => {
      if (errno === undefined) return;
      socket.send(there, (fault) => this.#report(after === undefined ? undefined : fault));
    });
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { setMs }] of this.#entries) if (nowMs - setMs >= this.#options.keptMs) this.#entries.delete(key);
  }

  #report(errno: number | undefined): void {
    const { node, onProblems } = this.#options;
    if (errno !== undefined) onProblems([connectionsNotKept(node, errno)]);
  }
}

function mapOf({ family }: Ip) {
  return { family, table: TABLE, name: MAP };
}

/** The Problem of a kernel that does not take the tables; `errno` is positive. */
export function connectionsNotKept(node: string, errno: number): Problem {
  const isRefused = errno === constants.errno.EPERM || errno === constants.errno.EACCES;
  return {
    code: "CONNECTIONS_NOT_KEPT",
    at: { kind: "speaker", nodes: [node] },
    what: "Open TCP connections end when an address moves to this node or away from it",
    why: `the kernel does not take the table "${TABLE}" of nftables (${getSystemErrorName(-errno)})`,
    fix: isRefused
      ? "Give the speaker the capability NET_ADMIN (config/keep-connections), or start it without --keep-connections"
      : "Load the kernel modules nf_tables, nft_ct, nft_dup_ipv4 and nft_dup_ipv6, or start the speaker without --keep-connections",
    severity: "warning",
  };
}
