import type { ForbiddenReason } from "#src/model/forbidden-address.ts";
import type { WantedAddress } from "#src/election/member.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import type { AnnouncedAddress } from "./announcer.ts";
import type { Claim } from "#src/wire/heartbeat.ts";
import type { WantedMessage } from "./messages.ts";

type LocallyForbidden = ReadonlyMap<string, ForbiddenReason>;

/** The wanted addresses as the worker knows them. */
export class WantedAddresses {
  readonly #byAddress = new Map<string, WantedAddress>();
  /** What the main thread says, where this machine itself forbids an address. */
  readonly #overruled = new Map<string, WantedAddress>();
  #local: LocallyForbidden = new Map();
  #isKnown = false;
  readonly #self: string;

  /** Of the node of this speaker. */
  constructor(self: string) {
    this.#self = self;
  }

  get byAddress(): ReadonlyMap<string, WantedAddress> {
    return this.#byAddress;
  }

  /** Whether the main thread has said anything yet, even that no address is wanted. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Those of the claims that are looked at, with the interfaces that each is announced on. */
  announced(claims: ReadonlyMap<string, Claim>, keys?: Iterable<string>): ReadonlyMap<string, AnnouncedAddress> {
    const announced = new Map<string, AnnouncedAddress>();
    for (const key of keys ?? claims.keys()) {
      const claim = claims.get(key);
      if (claim === undefined) continue;
      const { interfaces, conflict } = this.#byAddress.get(key) ?? {};
      const own = interfaces?.get(this.#self);
      announced.set(key, {
        ip: claim.ip,
        ...(own === undefined ? {} : { interfaces: own }),
        ...(conflict === undefined ? {} : { conflict }),
        // No other member is known to have claimed it before.
        ...(claim.term === 1 ? { isNew: true } : {}),
      });
    }
    return announced;
  }

  /** Takes in what is new, and what is gone; returns the addresses concerned. */
  update(wanted: readonly WantedMessage[], gone: readonly string[]): readonly string[] {
    this.#isKnown = true;
    const changed = wanted.flatMap((message) => {
      const read = readWanted(message, this.#self);
      if (read === undefined) return [];
      const key = printIp(read.ip);
      this.#put(key, read);
      return [key];
    });
    for (const key of gone) this.#drop(key);
    return [...changed, ...gone];
  }

  /** Takes in which addresses this machine itself forbids, whatever the main thread knows; returns those concerned. */
  setLocal(local: LocallyForbidden): readonly string[] {
    const before = this.#local;
    if (local === before) return [];
    this.#local = local;
    const keys = new Set([...before.keys(), ...local.keys()]);
    const changed = [...keys].filter((key) => this.#byAddress.has(key) && before.get(key) !== local.get(key));
    for (const key of changed) {
      const said = this.#overruled.get(key) ?? this.#byAddress.get(key);
      if (said !== undefined) this.#put(key, said);
    }
    return changed;
  }

  #put(key: string, said: WantedAddress): void {
    const local = said.forbidden === undefined ? this.#local.get(key) : undefined;
    this.#byAddress.set(key, local === undefined ? said : { ...said, forbidden: local });
    if (local === undefined) this.#overruled.delete(key);
    else this.#overruled.set(key, said);
  }

  #drop(key: string): void {
    this.#byAddress.delete(key);
    this.#overruled.delete(key);
  }
}

/** Shared by all that have none, which is most. */
const NONE: ReadonlySet<string> = new Set();

function readWanted(message: WantedMessage, self: string): WantedAddress | undefined {
  const {
    ip: text,
    forbidden,
    isUnadvertised,
    selected,
    interfaces,
    unlinked,
    scores,
    serving,
    terminating,
    conflict,
  } = message;
  const ip = parseIp(text);
  const setOf = (nodes: readonly string[] | undefined): ReadonlySet<string> | undefined => nodes && new Set(nodes);
  if (ip === undefined) return undefined;
  return {
    ip,
    forbidden,
    selected: setOf(selected),
    serving: setOf(serving),
    terminating: setOf(terminating) ?? NONE,
    ...(isUnadvertised === undefined ? {} : { isUnadvertised }),
    ...(interfaces === undefined ? {} : { interfaces: new Map([[self, interfaces]]) }),
    ...(conflict === undefined ? {} : { conflict }),
    ...(unlinked === undefined ? {} : { unlinked: new Set(unlinked) }),
    ...(scores === undefined ? {} : { scores: new Map(scores) }),
  };
}
