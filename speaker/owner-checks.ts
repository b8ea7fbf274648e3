import type { Member } from "#src/election/member.ts";
import { cidrContains, printCidr } from "#src/ip/cidr.ts";
import type { Ip } from "#src/ip/address.ts";
import type { Problem } from "#src/model/problem.ts";
import { namedAddresses } from "./named-addresses.ts";

/** A batch of addresses is asked for so often, so many milliseconds apart; after the last question an answer has as long. */
const QUESTIONS = 3;
const QUESTION_EVERY_MS = 1_000;
/** Addresses asked for in a batch: at most so many frames a second leave this speaker. */
const BATCH = 32;
/** Each address is asked for at most once in this time. */
const SWEEP_MS = 60_000;
/** Where there is nothing to ask for, as right after the start, that is looked at again after so long. */
const IDLE_MS = 5_000;
/** So many batches without an answer are silence. */
const FAILURES = 2;
/** Addresses whose silence is remembered. */
const MAX_SILENT = 1_000;

/** An address, and the node whose heartbeats say that it answers for it. */
interface Owned {
  readonly ip: Ip;
  readonly owner: string;
}

interface Batch {
  readonly startedMs: number;
  readonly asked: number;
  /** Those without an answer, by text. */
  readonly open: Map<string, Owned>;
}

/** What this speaker knows of the others. */
export interface OwnersView {
  readonly self: Member;
  live(): readonly Member[];
  /** The node with an interface of this Ethernet address, if it is a member's. */
  nodeOf(mac: string): string | undefined;
}

/** What is to be done now; undefined: nothing. */
export interface OwnerQuestions {
  /** Whose answers are to be heard from now on; undefined: those as before. */
  readonly heard: readonly Ip[] | undefined;
  /** To be asked for now. */
  readonly asked: readonly Ip[];
}

/**
 * Asks on the wire, now and then, whether the owners of addresses answer: their heartbeats say only that they mean to. Each address
 * is asked for by one member that is not its owner.
 */
export class OwnerChecks {
  /** The rest of the sweep. */
  #queue: [string, Owned][] = [];
  #sweptMs = -Infinity;
  #batch: Batch | undefined;
  /** How many batches in a row had no answer. */
  readonly #silent = new Map<string, Owned & { failures: number }>();

  /** To be called often. */
  tick(view: OwnersView, nowMs: number): OwnerQuestions | undefined {
    const batch = this.#batch;
    if (batch === undefined) return this.#begin(view, nowMs);
    if (nowMs < batch.startedMs + batch.asked * QUESTION_EVERY_MS) return undefined;
    if (batch.open.size > 0 && batch.asked < QUESTIONS) {
      this.#batch = { ...batch, asked: batch.asked + 1 };
      return { heard: undefined, asked: ipsOf(batch.open) };
    }
    this.#judge(batch.open, view.live());
    this.#batch = undefined;
    return this.#begin(view, nowMs) ?? { heard: [], asked: [] };
  }

  /** A machine answered for an address, or announced it unasked. */
  hear(key: string, mac: string, nodeOf: OwnersView["nodeOf"]): void {
    const asked = this.#batch?.open.get(key);
    if (asked === undefined) return;
    const node = nodeOf(mac);
    // Of another machine the owner hears, too, and says what is done about it.
    if (node !== undefined && node !== asked.owner) return;
    this.#batch?.open.delete(key);
    this.#silent.delete(key);
  }

  /** A Problem for each owner that does not answer. */
  problems(self: string): readonly Problem[] {
    const found = [...this.#silent.values()].filter(({ failures }) => failures >= FAILURES);
    return [...Map.groupBy(found, ({ owner }) => owner)].map(([owner, silent]) => {
      const { named, addresses } = namedAddresses(silent.map(({ ip }) => ip));
      return {
        code: "OWNER_DOES_NOT_ANSWER",
        at: { kind: "speaker", nodes: [self, owner] },
        what: `${owner} announces ${named} and does not answer for them`,
        why: `${self} asked by ARP or NDP ${FAILURES * QUESTIONS} times and heard no answer, while the heartbeats of ${owner} arrive`,
        fix: `Look at the log of the speaker on ${owner}, and whether a switch between ${self} and ${owner} filters ARP or IPv6 multicast`,
        severity: "error",
        addresses,
      };
    });
  }

  #begin(view: OwnersView, nowMs: number): OwnerQuestions | undefined {
    if (this.#queue.length === 0 && this.#silent.size === 0 && nowMs - this.#sweptMs < SWEEP_MS) return undefined;
    const live = view.live();
    if (this.#queue.length === 0 && nowMs - this.#sweptMs >= SWEEP_MS) {
      this.#queue = assigned(view.self, live);
      this.#sweptMs = this.#queue.length > 0 ? nowMs : nowMs - SWEEP_MS + IDLE_MS;
    }
    this.#forgetOthers(live);
    const next = [...[...this.#silent].slice(0, BATCH / 2), ...this.#queue.splice(0, BATCH / 2)];
    const open = new Map(next.filter(([key, { owner }]) => claims(live, owner, key)));
    if (open.size === 0) return undefined;
    this.#batch = { startedMs: nowMs, asked: 1, open };
    return { heard: ipsOf(open), asked: ipsOf(open) };
  }

  #judge(open: ReadonlyMap<string, Owned>, live: readonly Member[]): void {
    for (const [key, owned] of open) {
      if (!claims(live, owned.owner, key)) continue;
      const failures = (this.#silent.get(key)?.failures ?? 0) + 1;
      // The one that was asked last is asked again last.
      this.#silent.delete(key);
      if (this.#silent.size < MAX_SILENT) this.#silent.set(key, { ...owned, failures });
    }
  }

  /** Those that another member announces now, or no member. */
  #forgetOthers(live: readonly Member[]): void {
    for (const [key, { owner }] of this.#silent) if (!claims(live, owner, key)) this.#silent.delete(key);
  }
}

function ipsOf(open: ReadonlyMap<string, Owned>): readonly Ip[] {
  return [...open.values()].map(({ ip }) => ip);
}

/** Whether the member claims the address and is to answer for it. */
function claims(live: readonly Member[], owner: string, key: string): boolean {
  return live.some(({ node, claims: own, leaving }) => node === owner && !leaving && own.has(key));
}

/** The addresses that this speaker asks for: of the members in the network of each that do not own it, one does. */
function assigned(self: Member, live: readonly Member[]): [string, Owned][] {
  const near = findNear([self, ...live].toSorted((left, right) => (left.node < right.node ? -1 : 1)));
  return live.flatMap(({ node: owner, claims: own }) =>
    [...own].flatMap(([key, { ip }]): [string, Owned][] => {
      if (self.claims.has(key) || !isIn(self, ip)) return [];
      return askerOf(key, owner, near(ip)) === self.node ? [[key, { ip, owner }]] : [];
    }),
  );
}

/** Members in their order, and the place of each. */
interface NearMembers {
  readonly nodes: readonly string[];
  readonly placeOf: ReadonlyMap<string, number>;
}

/** Finds the members in the networks of an address: once for all addresses that are in the same networks. */
function findNear(members: readonly Member[]): (ip: Ip) => NearMembers {
  const networks = new Map(members.flatMap(({ subnets }) => subnets.map((subnet) => [printCidr(subnet), subnet])));
  const found = new Map<string, NearMembers>();
  return (ip) => {
    const around = [...networks].flatMap(([text, network]) => (cidrContains(network, ip) ? [text] : [])).join(" ");
    const known = found.get(around);
    if (known !== undefined) return known;
    const nodes = members.filter((one) => isIn(one, ip)).map(({ node }) => node);
    const near = { nodes, placeOf: new Map(nodes.map((node, place) => [node, place])) };
    found.set(around, near);
    return near;
  };
}

/** The one whose turn an address is, its owner left out. */
function askerOf(key: string, owner: string, { nodes, placeOf }: NearMembers): string | undefined {
  const place = placeOf.get(owner);
  const at = hashOf(key) % (nodes.length - (place === undefined ? 0 : 1));
  return nodes[place !== undefined && at >= place ? at + 1 : at];
}

function isIn({ subnets }: Member, ip: Ip): boolean {
  return subnets.some((subnet) => cidrContains(subnet, ip));
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193) >>> 0;
  return hash;
}
