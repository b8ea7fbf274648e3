import type { Ip } from "#src/ip/address.ts";
import type { AnnouncedAddress } from "./announcer.ts";

/** What came and went. */
export interface AddressChange {
  readonly added: readonly Ip[];
  readonly removed: readonly Ip[];
}

/** Which of some addresses a link serves, by text. */
export class ServedAddresses {
  readonly #byText = new Map<string, AnnouncedAddress>();
  readonly #serves: (address: AnnouncedAddress) => boolean;

  constructor(serves: (address: AnnouncedAddress) => boolean) {
    this.#serves = serves;
  }

  get byText(): ReadonlyMap<string, AnnouncedAddress> {
    return this.#byText;
  }

  has(text: string): boolean {
    return this.#byText.has(text);
  }

  /** Exactly those of the addresses that the link serves. Only those of `keys` are looked at, where it is known that the others are as they were. */
  update(addresses: ReadonlyMap<string, AnnouncedAddress>, keys?: Iterable<string>): AddressChange {
    const [added, removed]: [Ip[], Ip[]] = [[], []];
    for (const key of keys ?? new Set([...addresses.keys(), ...this.#byText.keys()])) {
      const before = this.#byText.get(key);
      const address = addresses.get(key);
      const isOurs = address !== undefined && this.#serves(address);
      if (isOurs && before === undefined) {
        this.#byText.set(key, address);
        added.push(address.ip);
      } else if (!isOurs && before !== undefined) {
        this.#byText.delete(key);
        removed.push(before.ip);
      }
    }
    return { added, removed };
  }
}
