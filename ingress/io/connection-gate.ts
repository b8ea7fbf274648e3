import { monotonicMs } from "#src/process/clock.ts";
import type { ConnectionEnds } from "./connection.ts";

/** What bounds the connections that are open at once. */
export interface GateLimits {
  readonly connections: number;
  /** Of one client address; 0: no bound of its own. */
  readonly connectionsPerAddress: number;
}

/** What the gate closes for another connection. */
interface Closable {
  destroy(): void;
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
  /** Between whom the connection is, as a proxy in front says; undefined: no proxy has said so. */
  ends?: ConnectionEnds;
  /** Set once the connection has something that knows its requests: before, it is as idle as can be. */
  occupant: Occupant | undefined;
}

/** A place among the connections that are open at once, to be given back once. */
export type GiveBack = () => void;

/** Where connections are counted that several gates let in together. */
export interface GatePlaces {
  /** A place for one more connection of an address; or what has none left: `address` this one, `all` the program. */
  take(address: string): GiveBack | "address" | "all";
}

interface Guest extends Admission {
  readonly giveBack: GiveBack;
  readonly socket: Closable;
  seenRequests: number;
}

/** A connection that may be closed, and whether it had no request since it was looked at before. */
interface Idle {
  readonly guest: Guest;
  readonly isSilent: boolean;
}

/** Another gate may take a place that was made here: so often it is tried again. */
const MAX_TRIES = 4;
/** Connections that are looked at for each new one beyond a bound. */
const QUICK_LOOK = 64;
/** Where these are all busy, all others are looked at too, but the pause after that is so many times what it took. */
const PAUSE_FACTOR = 20;

/**
 * Lets connections in up to a bound for all and one for each client address. Where a bound is reached the longest idle
 * connection (of that address) is closed; where none is idle the new one is refused.
 */
export class ConnectionGate {
  /** Connections that came, whatever became of them. */
  arrived = 0;
  /** Idle connections closed for new ones. */
  displaced = 0;
  /** Connections not let in. */
  refused = 0;
  /** Connections that were reset before they could be let in. */
  vanished = 0;
  readonly #limits: GateLimits;
  readonly #nowMs: () => number;
  /** Before that not all connections are looked at again. */
  #nextLookMs = Number.NEGATIVE_INFINITY;
  /** The longest idle first, except for requests since the last look. */
  readonly #all = new Set<Guest>();
  /** The same by client address. No empty sets. */
  readonly #byAddress = new Map<string, Set<Guest>>();

  readonly #shared: GatePlaces | undefined;

  /** `nowMs`: milliseconds that never go back. `shared`: counts for this gate and others; without it this one counts alone. */
  constructor(limits: GateLimits, nowMs: () => number = monotonicMs, shared?: GatePlaces) {
    this.#limits = limits;
    this.#shared = shared;
    this.#nowMs = nowMs;
  }

  /** Connections that are in now. */
  get size(): number {
    return this.#all.size;
  }

  /** Lets a connection in; undefined: it is to be closed. */
  admit(socket: Closable, address: string): Admission | undefined {
    const giveBack = this.#takePlace(address);
    if (giveBack === undefined) {
      this.refused += 1;
      return undefined;
    }
    const guest: Guest = { address, occupant: undefined, socket, seenRequests: 0, giveBack };
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
    guest.giveBack();
    const group = this.#byAddress.get(guest.address);
    group?.delete(guest);
    if (group?.size === 0) this.#byAddress.delete(guest.address);
  }

  /** A place for a new connection, where one is free or can be made free; undefined: there is none. */
  #takePlace(address: string): GiveBack | undefined {
    // They are closed when the place is taken: meanwhile another gate would take it.
    const displaced: Guest[] = [];
    try {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const taken = this.#shared === undefined ? this.#takeOwn(address) : this.#shared.take(address);
        if (typeof taken === "function") return taken;
        const guests = taken === "address" ? this.#byAddress.get(address) : this.#all;
        const found = guests && this.#longestIdle(guests);
        if (found === undefined) return undefined;
        this.displaced += 1;
        this.leave(found);
        displaced.push(found);
      }
      return undefined;
    } finally {
      for (const { socket } of displaced) socket.destroy();
    }
  }

  /** Where this gate counts alone, what it holds is the count. */
  #takeOwn(address: string): GiveBack | "address" | "all" {
    const { connections, connectionsPerAddress } = this.#limits;
    const neighbors = this.#byAddress.get(address)?.size ?? 0;
    if (connectionsPerAddress !== 0 && neighbors >= connectionsPerAddress) return "address";
    return this.#all.size >= connections ? "all" : nothingHeld;
  }

  /** The longest idle of these; undefined: none is. */
  #longestIdle(guests: Set<Guest>): Guest | undefined {
    const quick = this.#look(guests, QUICK_LOOK);
    const found = quick?.isSilent === true || guests.size <= QUICK_LOOK ? quick : (this.#lookAtAll(guests) ?? quick);
    return found?.guest;
  }

  /** Where nearly all are busy this takes long, and finds little: it gets a small part of the time. */
  #lookAtAll(guests: Set<Guest>): Idle | undefined {
    const startMs = this.#nowMs();
    if (startMs < this.#nextLookMs) return undefined;
    const found = this.#look(guests, guests.size);
    const endMs = this.#nowMs();
    this.#nextLookMs = endMs + PAUSE_FACTOR * (endMs - startMs);
    return found;
  }

  /**
   * The first of so many that is idle and had no request since the last look, else the first that is idle. Requests only
   * count, and order is made here: what is busy or had a request goes to the end.
   */
  #look(guests: Set<Guest>, count: number): Idle | undefined {
    let first: Guest | undefined;
    for (const guest of takeFirst(guests, count)) {
      const requests = guest.occupant?.requestCount ?? 0;
      const isIdle = guest.occupant?.mayGiveWay !== false;
      if (isIdle && requests === guest.seenRequests) return { guest, isSilent: true };
      if (isIdle) first ??= guest;
      guest.seenRequests = requests;
      guests.delete(guest);
      guests.add(guest);
    }
    return first && { guest: first, isSilent: false };
  }
}

function nothingHeld(): void {}

/** The first members of a set, also where they move to its end meanwhile. */
function* takeFirst<T>(set: ReadonlySet<T>, count: number): Generator<T> {
  let left = count;
  for (const member of set) {
    if (left === 0) return;
    left -= 1;
    yield member;
  }
}
