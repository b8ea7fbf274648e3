import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { type Ip, printIp } from "#src/ip/address.ts";
import { solicitedNodeGroup } from "#src/wire/solicited-node.ts";

/**
 * Sockets per link. The kernel accounts memberships to the socket's option memory (sysctl net.core.optmem_max): some
 * 280 fit where that is 20 KB, the default up to Linux 6.6, some 1800 in today's 128 KB.
 */
const MAX_SOCKETS_PER_LINK = 16;
/**
 * So many groups are joined or left at once; the others follow at each `settle`. The kernel takes 60 to 230 µs for each: a speaker that
 * takes a thousand addresses over has to announce them before.
 */
const AT_ONCE = 4;
/** Joined or left at each `settle`. */
const PORTION = 32;
/** What the kernel says when a socket's option memory is full. */
const FULL = new Set(["ENOMEM", "ENOBUFS"]);

/** The memberships of one link. Closing its sockets leaves all groups, also when the link itself is gone. */
class LinkGroups {
  readonly #name: string;
  readonly #interface: string;
  readonly #sockets: Socket[] = [];
  readonly #joined = new Map<string, Socket>();
  readonly #holders = new Map<string, number>();
  /** Held and not joined yet, or joined and no longer held. */
  readonly #due = new Set<string>();

  constructor(interfaceName: string) {
    this.#name = interfaceName;
    this.#interface = `::%${interfaceName}`;
  }

  get isUnused(): boolean {
    return this.#holders.size === 0;
  }

  hold(group: string): void {
    this.#holders.set(group, (this.#holders.get(group) ?? 0) + 1);
    if (this.#joined.has(group)) this.#due.delete(group);
    else this.#due.add(group);
  }

  /** Joins and leaves so many of those that are due, at most; returns how many. Throws the first error, and goes on at the next call. */
  settle(most: number): number {
    let count = 0;
    if (most > 0 && this.#due.size > 0) this.#checkLink();
    for (const group of this.#due) {
      if (count >= most) break;
      this.#due.delete(group);
      count += 1;
      if (!this.#holders.has(group)) this.#leave(group);
      else if (!this.#joined.has(group)) this.#join(group);
    }
    return count;
  }

  /** Tries once more to join what is held. Throws the first error. */
  retry(): void {
    let isJoined = false;
    for (const group of this.#holders.keys()) {
      if (this.#joined.has(group) || this.#due.has(group)) continue;
      // Where one can be joined the others follow in portions.
      if (isJoined) this.#due.add(group);
      else this.#join(group);
      isJoined = true;
    }
  }

  release(group: string): void {
    const left = (this.#holders.get(group) ?? 0) - 1;
    if (left > 0) {
      this.#holders.set(group, left);
      return;
    }
    this.#holders.delete(group);
    if (this.#joined.has(group)) this.#due.add(group);
    else this.#due.delete(group);
  }

  #leave(group: string): void {
    const socket = this.#joined.get(group);
    this.#joined.delete(group);
    try {
      socket?.dropMembership(group, this.#interface);
    } catch {
      // The link is gone, and the membership with it.
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #join(group: string): void {
    // For a name that it does not know, libuv would join on whatever link the routes choose. Once one is joined the name is known:
    // to list all links again for each group would take seconds where many addresses come to a machine with many links.
    this.#checkLink();
    const last = this.#sockets.at(-1);
    if (last !== undefined && this.#joinOn(last, group)) return;
    if (this.#sockets.length >= MAX_SOCKETS_PER_LINK)
      throw new Error(`no room for group ${group}: all sockets are full`);
    const socket = createSocket("udp6");
    // Nothing is read from it, so nothing can fail later; without a listener an error would end the program.
    socket.on("error", () => {});
    this.#sockets.push(socket);
    if (!this.#joinOn(socket, group)) throw new Error(`no room for group ${group}: even a new socket is full`);
  }

  /** Throws where the link is not there; what is due is then left to `retry`. */
  #checkLink(): void {
    if (this.#joined.size > 0 || networkInterfaces()[this.#name] !== undefined) return;
    this.#due.clear();
    throw new Error(`no such link that is up: ${this.#name}`);
  }

  /** False if the socket is full. */
  #joinOn(socket: Socket, group: string): boolean {
    try {
      socket.addMembership(group, this.#interface);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (FULL.has(code)) return false;
      // EADDRINUSE: this socket is a member already.
      if (code !== "EADDRINUSE") throw error;
    }
    this.#joined.set(group, socket);
    return true;
  }
}

export interface GroupMembershipOptions {
  /** A group could not be joined; `retryFailed`, or the next `join` of an address in it, tries again. */
  onError?(interfaceName: string, error: Error): void;
}

/**
 * Membership in the solicited-node groups of addresses, by a real MLD join: switches that snoop deliver neighbor
 * solicitations only to members (RFC 4541), which a packet socket's own membership does not make us.
 */
export class GroupMembership {
  readonly #options: GroupMembershipOptions;
  readonly #links = new Map<string, LinkGroups>();
  /** So many may still be joined or left before the next `settle`. */
  #left = AT_ONCE;

  constructor(options: GroupMembershipOptions = {}) {
    this.#options = options;
  }

  /**
   * Joins the group of an IPv6 address on a link, once however many addresses share it: at once, or at one of the next calls of
   * `settle` where many come together. Never throws.
   */
  join(interfaceName: string, ip: Ip): void {
    try {
      const groups = this.#groupsOf(interfaceName);
      groups.hold(printIp(solicitedNodeGroup(ip)));
      this.#left -= groups.settle(this.#left);
    } catch (error) {
      this.#left = 0;
      this.#options.onError?.(interfaceName, error as Error);
    }
  }

  /** Joins and leaves some of those that were too many at once; to be called often. */
  settle(): void {
    let left = PORTION;
    for (const [name, groups] of this.#links) {
      try {
        left -= groups.settle(left);
      } catch (error) {
        this.#options.onError?.(name, error as Error);
      }
    }
    this.#left = AT_ONCE;
  }

  /** Takes one `join` back; the last one leaves the group. Never throws, also when the link is gone. */
  leave(interfaceName: string, ip: Ip): void {
    const groups = this.#links.get(interfaceName);
    if (groups === undefined) return;
    groups.release(printIp(solicitedNodeGroup(ip)));
    if (!groups.isUnused) {
      this.#left -= groups.settle(this.#left);
      return;
    }
    groups.close();
    this.#links.delete(interfaceName);
  }

  /** Joins what could not be joined before, as on an interface that has got its first address since; to be called now and then. */
  retryFailed(): void {
    for (const [name, groups] of this.#links) {
      try {
        groups.retry();
      } catch (error) {
        this.#options.onError?.(name, error as Error);
      }
    }
  }

  /** Leaves everything. */
  close(): void {
    for (const groups of this.#links.values()) groups.close();
    this.#links.clear();
  }

  #groupsOf(interfaceName: string): LinkGroups {
    const groups = this.#links.get(interfaceName) ?? new LinkGroups(interfaceName);
    this.#links.set(interfaceName, groups);
    return groups;
  }
}
