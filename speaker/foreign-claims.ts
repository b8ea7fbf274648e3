import { printAddresses } from "#src/model/print-addresses.ts";
import type { Ip } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import { MAX_PROBLEM_TEXTS } from "#src/model/speaker-report.ts";

/** A handover is over after so long: then only one of the two still announces. */
const GRACE_MS = 3_000;
/** Longer than the slowest refresh of an announcement: one that is not repeated has ended. */
const MEMORY_MS = 150_000;
/** More addresses are not remembered; each is of one that this speaker announces. */
const MAX_CLAIMS = 1_000;
/** Texts of addresses that a Problem names. */
const MAX_TEXTS = 5;

interface ForeignClaim {
  readonly ip: Ip;
  /** The Ethernet address of the other machine, as text. */
  readonly mac: string;
  readonly firstMs: number;
  lastMs: number;
}

export interface ForeignClaimView {
  readonly nowMs: number;
  /** The node with an interface of this Ethernet address, if it is a member's. */
  nodeOf(mac: string): string | undefined;
  /** What a member claims that is heard; undefined where it is not. */
  claimsOf(node: string): ReadonlyMap<string, unknown> | undefined;
}

/** Gratuitous ARP that other machines send for addresses which this speaker announces: each has two owners. */
export class ForeignClaims {
  readonly #byAddress = new Map<string, ForeignClaim>();

  /** Another machine says that it has an address. */
  hear(key: string, { ip, mac }: { readonly ip: Ip; readonly mac: string }, nowMs: number): void {
    const known = this.#byAddress.get(key);
    if (known?.mac === mac) known.lastMs = nowMs;
    else if (known === undefined && this.#byAddress.size < MAX_CLAIMS)
      this.#byAddress.set(key, { ip, mac, firstMs: nowMs, lastMs: nowMs });
  }

  /** This speaker no longer announces the address, or the other machine withdrew it. */
  settle(key: string): void {
    this.#byAddress.delete(key);
  }

  /** A Problem for each machine that announces addresses of this speaker, for longer than a handover takes. */
  problems(self: string, view: ForeignClaimView): readonly Problem[] {
    const { nowMs, nodeOf } = view;
    for (const [key, claim] of this.#byAddress) if (isOver(key, claim, view)) this.#byAddress.delete(key);
    const lasting = [...this.#byAddress.values()].filter(({ firstMs }) => nowMs - firstMs >= GRACE_MS);
    return [...Map.groupBy(lasting, ({ mac }) => mac)].map(([mac, claims]) => {
      const node = nodeOf(mac);
      const other = node === undefined ? `the machine ${mac}` : `${node} (${mac})`;
      const texts = printAddresses(claims.map(({ ip }) => ip));
      const named = `${texts.slice(0, MAX_TEXTS).join(", ")}${texts.length > MAX_TEXTS ? " and more" : ""}`;
      return {
        code: "ADDRESS_HAS_TWO_OWNERS",
        at: { kind: "speaker", nodes: [self] },
        what: `${self} and ${other} both announce ${named}`,
        why: `${mac} sends gratuitous ARP for them while ${self} announces them`,
        fix:
          node === undefined
            ? `Take the addresses away from that machine, or out of the pool`
            : `Allow the heartbeat port between ${self} and ${node} in both directions`,
        severity: "error",
        addresses: texts.slice(0, MAX_PROBLEM_TEXTS),
      };
    });
  }
}

/** Whether it was not repeated, or came from a member that is heard and no longer claims the address. */
function isOver(key: string, { mac, firstMs, lastMs }: ForeignClaim, view: ForeignClaimView): boolean {
  const { nowMs, nodeOf, claimsOf } = view;
  if (nowMs - lastMs > MEMORY_MS) return true;
  const node = nodeOf(mac);
  const claims = node === undefined ? undefined : claimsOf(node);
  return nowMs - firstMs >= GRACE_MS && claims?.has(key) === false;
}
