import type { Link } from "#src/linux/link.ts";
import type { LinkWatcher, LinkWatcherOptions } from "#src/linux/link-watcher.ts";

/** An Ethernet link that is up, unless said otherwise. */
export function fakeLink(overrides: Partial<Link> = {}): Link {
  const index = overrides.index ?? 2;
  return {
    index,
    name: `eth${index - 2}`,
    mac: Uint8Array.of(0x02, 0, 0, 0, 0, index),
    up: true,
    broadcast: true,
    noArp: false,
    loopback: false,
    masterIndex: undefined,
    masterKind: undefined,
    kind: undefined,
    addresses: [],
    ...overrides,
  };
}

/** A link watcher that sees what it is told. */
export class FakeLinkWatcher implements LinkWatcher {
  readonly #options: Pick<LinkWatcherOptions, "onChange">;
  #links: ReadonlyMap<number, Link>;
  isClosed = false;

  constructor(options: Pick<LinkWatcherOptions, "onChange">, links: readonly Link[] = []) {
    this.#options = options;
    this.#links = byIndex(links);
  }

  /** From now on there are these links; tells the listener, as the real one does only for real changes. */
  setLinks(links: readonly Link[]): void {
    if (this.isClosed) return;
    this.#links = byIndex(links);
    this.#options.onChange(this.#links);
  }

  links(): ReadonlyMap<number, Link> {
    return this.#links;
  }

  close(): void {
    this.isClosed = true;
  }
}

function byIndex(links: readonly Link[]): ReadonlyMap<number, Link> {
  return new Map(links.map((link) => [link.index, link]));
}
