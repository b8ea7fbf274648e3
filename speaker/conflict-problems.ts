import type { Ip } from "#src/ip/address.ts";
import { listed } from "#src/model/listed.ts";
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
  /** When the machine was heard first. */
  readonly sinceMs: number;
}

/** Machines that have a Problem each. The others share one: each frame with another sender makes a machine up. */
const MAX_ALONE = 4;
/** Machines that the text of a shared Problem names. */
const SHOWN = 3;

/**
 * A Problem for each machine that has addresses of this speaker, and for each that such are left to: for the four that were heard
 * first. The others share one each. Six Problems at most.
 */
export function conflictProblems(
  self: string,
  found: readonly ReportedConflict[],
  view: Pick<AnnouncerView, "nodeOf">,
): readonly Problem[] {
  // One that comes later does not take the place of one that is known.
  const inOrder = found.toSorted((left, right) => left.sinceMs - right.sinceMs);
  const byMachine = [...Map.groupBy(inOrder, ({ mac, how }) => `${mac} ${how}`).values()];
  const others = Map.groupBy(byMachine.slice(MAX_ALONE).flat(), ({ how }) => how === "yielded");
  return [...byMachine.slice(0, MAX_ALONE), ...others.values()].map((group) => conflictProblem(self, group, view));
}

function conflictProblem(
  self: string,
  group: readonly ReportedConflict[],
  { nodeOf }: Pick<AnnouncerView, "nodeOf">,
): Problem {
  const [{ mac, how } = { mac: "", how: "announced" }] = group;
  const { named, addresses } = namedAddresses(group.map(({ ip }) => ip));
  const common = { at: { kind: "speaker", nodes: [self] }, severity: "error", addresses } as const;
  const macs = [...new Set(group.map((one) => one.mac))];
  if (macs.length > 1)
    return { ...common, ...sharedTexts(self, { named, macs, nodeOf, isYielded: how === "yielded" }) };
  const machine = `the machine ${namedMac(mac)}`;
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

interface Shared {
  readonly named: string;
  readonly macs: readonly string[];
  readonly nodeOf: AnnouncerView["nodeOf"];
  readonly isYielded: boolean;
}

/** What is said of several machines, each of which has one or more of the addresses. */
function sharedTexts(
  self: string,
  { named, macs, nodeOf, isYielded }: Shared,
): Pick<Problem, "code" | "what" | "why" | "fix"> {
  const names = macs.map((mac) => (nodeOf(mac) === undefined ? namedMac(mac) : `${nodeOf(mac)} (${mac})`));
  const machines = `the machines ${listed(names, SHOWN, " and ")}`;
  if (isYielded)
    return {
      code: "ADDRESS_YIELDED",
      what: `${self} does not announce ${named}`,
      why: `${machines} answer for them, and their pool says to yield`,
      fix: "Take the addresses away from those machines or out of the pool, or write defend as the pool's conflict",
    };
  return {
    code: "ADDRESS_HAS_TWO_OWNERS",
    what: `${self} and ${macs.length} other machines announce ${named}`,
    why: `${machines} say by ARP or NDP that they have them while ${self} announces them`,
    fix: "Take the addresses away from those machines, or out of the pool; where one is a node, allow the heartbeat port between the two in both directions",
  };
}

function namedMac(mac: string): string {
  const name = nameOfMac(mac);
  return name === undefined ? mac : `${mac} (${name})`;
}
