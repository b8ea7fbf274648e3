import type { Socket } from "node:net";

/** What bounds the connections that are open at once. */
export interface GateLimits {
  readonly connections: number;
  /** Of one client address; 0: no bound of its own. */
  readonly connectionsPerAddress: number;
}

/** What the gate asks about a connection when it looks for one to close. */
export interface Occupant {
  /** No request is under way. */
  readonly mayGiveWay: boolean;
  /** Requests so far: a connection that had one since the last look is not the longest idle. */
  readonly requestCount: number;
}

/** A connection that was let in, and is until `leave`. */
export interface Admission {
  readonly address: string;
  /** Set once the connection has something that knows its requests: before, it is as idle as can be. */
  occupant: Occupant | undefined;
}

interface Guest extends Admission {
  readonly socket: Pick<Socket, "destroy">;
  seenRequests: number;
}

/**
 * Lets connections in up to a bound for all and one for each client address. Where a bound is reached the longest idle
 * connection (of that address) is closed; where none is idle the new one is refused.
 */
export class ConnectionGate {
  /** Idle connections closed for new ones. */
  displaced = 0;
  /** Connections not let in. */
  refused = 0;
  /** Connections that were reset before they could be let in. */
  vanished = 0;
  readonly #limits: GateLimits;
  /** The longest idle first, except for requests since the last look. */
  readonly #all = new Set<Guest>();
  /** The same by client address. No empty sets. */
  readonly #byAddress = new Map<string, Set<Guest>>();

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Connections that are in now. */
  get size(): number {
    return this.#all.size;
  }

  /** Lets a connection in; undefined: it is to be closed. */
  admit(socket: Pick<Socket, "destroy">, address: string): Admission | undefined {
    const { connections, connectionsPerAddress } = this.#limits;
    const neighbors = this.#byAddress.get(address);
    const hasRoom =
      connectionsPerAddress === 0 || (neighbors?.size ?? 0) < connectionsPerAddress || this.#displaceOne(neighbors!);
    if (!hasRoom || (this.#all.size >= connections && !this.#displaceOne(this.#all))) {
      this.refused += 1;
      return undefined;
    }
    const guest: Guest = { address, occupant: undefined, socket, seenRequests: 0 };
    this.#all.add(guest);
    const group = this.#byAddress.get(address);
    if (group === undefined) this.#byAddress.set(address, new Set([guest]));
    else group.add(guest);
    return guest;
  }

  /** The connection is gone. */
  leave(admission: Admission): void {
    const guest = admission as Guest;
    if (!this.#all.delete(guest)) return;
    const group = this.#byAddress.get(guest.address);
    group?.delete(guest);
    if (group?.size === 0) this.#byAddress.delete(guest.address);
  }

  /**
   * Closes the longest idle of these; false if none is idle. Requests only count, and order is made here: what had one
   * since the last look goes to the end, once, so that a look costs what happened since the one before.
   */
  #displaceOne(guests: Set<Guest>): boolean {
    for (const guest of takeFirst(guests, guests.size)) {
      const requests = guest.occupant?.requestCount ?? 0;
      if (requests === guest.seenRequests && guest.occupant?.mayGiveWay !== false) return this.#displace(guest);
      guest.seenRequests = requests;
      guests.delete(guest);
      guests.add(guest);
    }
    // All had a request since the last look: the first that is idle now has been so for longest.
    for (const guest of guests) if (guest.occupant?.mayGiveWay !== false) return this.#displace(guest);
    return false;
  }

  #displace(guest: Guest): true {
    this.displaced += 1;
    this.leave(guest);
    guest.socket.destroy();
    return true;
  }
}

/** The first members of a set, also where they move to its end meanwhile. */
function* takeFirst<T>(set: ReadonlySet<T>, count: number): Generator<T> {
  let left = count;
  for (const member of set) {
    if (left === 0) return;
    left -= 1;
    yield member;
  }
}
