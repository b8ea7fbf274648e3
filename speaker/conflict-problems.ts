import type { Ip } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import { nameOfMac } from "#src/wire/name-of-mac.ts";
import type { AnnouncerView } from "./announcer.ts";
import { namedAddresses } from "./named-addresses.ts";

/** Another machine has an address of this speaker, for longer than a handover takes. */
export interface ReportedConflict {
  readonly ip: Ip;
  /** The Ethernet address of the machine, as text. */
  readonly mac: string;
  /** `answered`: by a member that does not claim it, so by another program there. */
  readonly how: "announced" | "answered" | "yielded";
}

/** A Problem for each machine that has addresses of this speaker, and for each that such are left to. */
export function conflictProblems(
  self: string,
  found: readonly ReportedConflict[],
  view: Pick<AnnouncerView, "nodeOf">,
): readonly Problem[] {
  const byMachine = Map.groupBy(found, ({ mac, how }) => `${mac} ${how}`);
  return [...byMachine.values()].map((group) => conflictProblem(self, group, view));
}

function conflictProblem(
  self: string,
  group: readonly ReportedConflict[],
  { nodeOf }: Pick<AnnouncerView, "nodeOf">,
): Problem {
  const [{ mac, how } = { mac: "", how: "announced" }] = group;
  const name = nameOfMac(mac);
  const machine = `the machine ${mac}${name === undefined ? "" : ` (${name})`}`;
  const { named, addresses } = namedAddresses(group.map(({ ip }) => ip));
  const common = { at: { kind: "speaker", nodes: [self] }, severity: "error", addresses } as const;
  if (how === "yielded")
    return {
      ...common,
      code: "ADDRESS_YIELDED",
      what: `${self} does not announce ${named}`,
      why: `${machine} answers for them, and their pool says to yield`,
      fix: `Take the addresses away from that machine or out of the pool, or write defend as the pool's conflict`,
    };
  const node = nodeOf(mac);
  const other = node === undefined ? machine : `${node} (${mac})`;
  return {
    ...common,
    code: "ADDRESS_HAS_TWO_OWNERS",
    what: `${self} and ${other} both announce ${named}`,
    why: `${mac} says by ARP or NDP that it has them while ${self} announces them`,
    fix:
      how === "answered" && node !== undefined
        ? `Look on ${node} for another program that answers for them (MetalLB, kube-vip), or an interface that has them: its speaker does not`
        : node === undefined
          ? `Take the addresses away from that machine, or out of the pool`
          : `Allow the heartbeat port between ${self} and ${node} in both directions`,
  };
}
