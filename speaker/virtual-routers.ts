import { type Ip, printIp } from "#src/ip/address.ts";
import type { VirtualRouter } from "#src/layer2/read-virtual-router.ts";
import { printMac } from "#src/wire/mac.ts";

/** Far more than a network has that share addresses with pools. A machine that fills them up hides other virtual routers alone. */
const MAX_ROUTERS = 16;
/** Addresses of ours that are remembered of each. */
const MAX_ADDRESSES = 32;
/** A virtual router that is silent for so many of its intervals is gone (RFC 9568 section 6.1 waits for three, and a part of one). */
const INTERVALS = 4;
/** It is remembered for so long at least, and what it says is looked at once in so long: one that says other things all the time changes nothing faster. */
const LEAST_MS = 30_000;
/** It is remembered no longer than that: with VRRP version 2 one frame claims an interval of 255 s for nothing. */
const MOST_MS = 120_000;

/** A virtual router that has addresses of ours. */
export interface RouterWithOurs extends Pick<VirtualRouter, "id" | "priority" | "source"> {
  /** Its Ethernet address, as text. */
  readonly mac: string;
  /** Those that were ours when it said so: at least one. */
  readonly addresses: readonly Ip[];
}

interface KnownRouter extends RouterWithOurs {
  readonly saidMs: number;
  readonly untilMs: number;
}

/** The virtual routers that say that they have addresses of pools or Services, while they do. All others leave nothing here. */
export class VirtualRouters {
  readonly #known = new Map<string, KnownRouter>();

  /** Takes in what one says of itself. */
  hear(router: VirtualRouter, isOurs: (ip: Ip) => boolean, nowMs: number): void {
    const { id, priority, source, intervalMs } = router;
    const mac = printMac(router.mac);
    const key = `${id} ${printIp(source)} ${mac}`;
    const known = this.#known.get(key);
    const untilMs = nowMs + Math.min(MOST_MS, Math.max(LEAST_MS, INTERVALS * intervalMs));
    if (known !== undefined && priority === 0) {
      // It gives up what it has.
      this.#known.set(key, { ...known, untilMs: Math.min(known.untilMs, nowMs + LEAST_MS) });
    } else if (known !== undefined && nowMs - known.saidMs < LEAST_MS) {
      this.#known.set(key, { ...known, untilMs });
    } else if (priority !== 0) {
      this.#forgetSilent(nowMs);
      if (known === undefined && this.#known.size >= MAX_ROUTERS) return;
      const addresses = router.addresses.filter(isOurs).slice(0, MAX_ADDRESSES);
      if (addresses.length === 0) this.#known.delete(key);
      else this.#known.set(key, { id, priority, source, mac, addresses, saidMs: nowMs, untilMs });
    }
  }

  /** Those that are heard. */
  list(nowMs: number): readonly RouterWithOurs[] {
    this.#forgetSilent(nowMs);
    return [...this.#known.values()];
  }

  #forgetSilent(nowMs: number): void {
    for (const [key, { untilMs }] of this.#known) if (untilMs <= nowMs) this.#known.delete(key);
  }
}
