import type { WantedAddress } from "#src/election/member.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import type { WantedMessage } from "./messages.ts";

/** The wanted addresses as the worker knows them. */
export class WantedAddresses {
  readonly #byAddress = new Map<string, WantedAddress>();
  #isKnown = false;

  get byAddress(): ReadonlyMap<string, WantedAddress> {
    return this.#byAddress;
  }

  /** Whether anything was told yet: none being wanted is something, too. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Takes in what is new, and what is gone; returns the addresses concerned. */
  update(wanted: readonly WantedMessage[], gone: readonly string[]): readonly string[] {
    this.#isKnown = true;
    const changed = wanted.flatMap((message) => {
      const read = readWanted(message);
      if (read === undefined) return [];
      const key = printIp(read.ip);
      this.#byAddress.set(key, read);
      return [key];
    });
    for (const key of gone) this.#byAddress.delete(key);
    return [...changed, ...gone];
  }
}

/** Shared by all that have none, which is most. */
const NONE: ReadonlySet<string> = new Set();

function readWanted({ ip: text, selected, serving, terminating }: WantedMessage): WantedAddress | undefined {
  const ip = parseIp(text);
  const setOf = (nodes: readonly string[] | undefined): ReadonlySet<string> | undefined => nodes && new Set(nodes);
  if (ip === undefined) return undefined;
  return { ip, selected: setOf(selected), serving: setOf(serving), terminating: setOf(terminating) ?? NONE };
}
