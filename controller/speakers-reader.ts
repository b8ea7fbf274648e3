import { isDeepStrictEqual } from "node:util";
import { isOutdated, liveSpeakers, type ReadyNodes } from "#src/model/live-speakers.ts";
import type { Fields } from "#src/model/record.ts";
import { parseAddressTexts } from "#src/model/print-addresses.ts";
import type { Problem } from "#src/model/problem.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { readSpeakerReport, type SpeakerReport } from "#src/model/speaker-report.ts";

/** Why no member can serve an address, and how many members each reason keeps from it. */
export type UnownedReasons = Readonly<Record<string, number>>;

/** A Problem of a node's speaker. */
export interface NodeProblem {
  readonly node: string;
  readonly problem: Problem;
}

/** What the speakers report, put together. */
export interface SpeakersView {
  /** Live speakers, and those of them that stand for election. */
  readonly count: number;
  readonly ready: number;
  /** Addresses that a speaker answers for, canonical text. */
  readonly announced: ReadonlySet<string>;
  /** Of the addresses that several speakers answer for: their nodes, sorted. */
  readonly contested: ReadonlyMap<string, readonly string[]>;
  /** The members that a node's speaker does not hear, or that do not hear it, by its node. */
  readonly unheard: ReadonlyMap<string, ReadonlySet<string>>;
  /**
   * Of the addresses that the kernel of a node answers for which does not announce them: the Problems of all nodes that
   * have them on an interface, also of the one that announces them and of those whose speakers died, so that a failover
   * changes nothing here.
   */
  readonly held: ReadonlyMap<string, readonly NodeProblem[]>;
  /** Of the addresses that another machine answers for, as the speaker saw on the wire that announces them, or yields them; and of those that a virtual router says it has. */
  readonly foreign: ReadonlyMap<string, readonly NodeProblem[]>;
  /** All Problems of live speakers, by their nodes. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** Of the addresses that no member can serve: why, as the speakers report it. */
  readonly unowned: ReadonlyMap<string, UnownedReasons>;
  /** False where a report was too long and lost its end: an address that is not in `announced` may be announced. */
  readonly isComplete: boolean;
}

type Reports = ReadonlyMap<string, Fields>;

/** Lists of addresses remembered at once. Long ones are alike: all speakers lack an owner for the same addresses, or own all. */
const MAX_LISTS = 32;

/** Reads the reports of speakers, each version of one once; reports of other programs are ignored. */
export class SpeakersReader {
  readonly #read = new WeakMap<Fields, SpeakerReport>();
  /** The lists of addresses that were read last, by their text. */
  readonly #lists = new Map<string, ReadonlySet<string>>();
  #last: { readonly reports: Reports; readonly readyNodes: ReadyNodes; readonly speakers: SpeakersView } | undefined;

  /** The Nodes that are Ready show which speakers died with the others. The same value while both are the same objects. */
  read(reports: Reports, readyNodes: ReadyNodes): SpeakersView {
    if (this.#last?.reports !== reports || this.#last.readyNodes !== readyNodes)
      this.#last = { reports, readyNodes, speakers: viewOf(this.all(reports), readyNodes) };
    return this.#last.speakers;
  }

  /** The reports of all speakers, live or not. */
  all(reports: Reports): readonly SpeakerReport[] {
    return [...reports].flatMap(([name, report]) => this.#reportOf(name, report) ?? []);
  }

  /** The same list in many reports is read once, and is the same set. */
  readonly #parseList = (texts: unknown): ReadonlySet<string> => {
    const text = JSON.stringify(texts) ?? "";
    const known = this.#lists.get(text);
    if (known !== undefined) return known;
    const addresses = parseAddressTexts(texts);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size >= MAX_LISTS && oldest !== undefined) this.#lists.delete(oldest);
    this.#lists.set(text, addresses);
    return addresses;
  };

  #reportOf(name: string, report: Fields): SpeakerReport | undefined {
    const known = this.#read.get(report);
    if (known !== undefined) return known;
    const read = readSpeakerReport(name, report, this.#parseList);
    if (read !== undefined) this.#read.set(report, read);
    return read;
  }
}

function viewOf(reports: readonly SpeakerReport[], readyNodes: ReadyNodes): SpeakersView {
  const all = reports.toSorted((left, right) => (left.node < right.node ? -1 : 1));
  const isLive = liveSpeakers(reports, readyNodes);
  const live = all.filter((report) => isLive.has(report));
  const announced = new Set<string>();
  const contested = new Map<string, string[]>();
  const firstOwners = new Map<string, string>();
  const unowned = new Map<string, UnownedReasons>();
  const seen = new Set<ReadonlySet<string>>();
  for (const report of live) {
    const { node, announcing, unowned: groups } = report;
    // One that lost the API server cannot say that another one took over from it.
    const isCurrent = !isOutdated(report, readyNodes);
    for (const ip of announcing) {
      announced.add(ip);
      if (!isCurrent) continue;
      const first = firstOwners.get(ip);
      if (first === undefined) firstOwners.set(ip, node);
      else {
        const owners = contested.get(ip);
        if (owners === undefined) contested.set(ip, [first, node]);
        else owners.push(node);
      }
    }
    for (const { addresses, reasons } of groups) {
      if (seen.has(addresses)) continue;
      seen.add(addresses);
      for (const ip of addresses) if (!unowned.has(ip)) unowned.set(ip, reasons);
    }
  }
  return {
    count: live.length,
    ready: live.filter(({ ready }) => ready).length,
    announced,
    contested,
    held: heldAddresses(all, isLive),
    foreign: foreignAddresses(live.filter((report) => !isOutdated(report, readyNodes))),
    problems: new Map(live.map(({ node, problems }) => [node, problems])),
    unheard: new Map(live.map(({ node, unheard }) => [node, unheard])),
    unowned,
    isComplete: !live.some(({ isShortened }) => isShortened),
  };
}

function heldAddresses(
  all: readonly SpeakerReport[],
  live: ReadonlySet<SpeakerReport>,
): ReadonlyMap<string, readonly NodeProblem[]> {
  const byAddress = new Map<string, NodeProblem[]>();
  const harmed = new Set<string>();
  for (const report of all)
    for (const { problem, addresses } of report.addressProblems) {
      if (problem.code !== "ADDRESS_ON_LOCAL_INTERFACE") continue;
      const one = { node: report.node, problem };
      for (const ip of addresses) {
        const known = byAddress.get(ip);
        if (known === undefined) byAddress.set(ip, [one]);
        else known.push(one);
        // Where the kernel of the node answers that announces it, clients reach the right node.
        if (live.has(report) && !report.announcing.has(ip)) harmed.add(ip);
      }
    }
  return new Map([...byAddress].filter(([ip]) => harmed.has(ip)));
}

/** Codes of Problems about another machine that has addresses. */
const FOREIGN: ReadonlySet<ProblemCode> = new Set([
  "ADDRESS_HAS_TWO_OWNERS",
  "ADDRESS_YIELDED",
  "VIRTUAL_ROUTER_HAS_ADDRESS",
]);

/** Of each address one Problem of each code, where several speakers report such. */
function foreignAddresses(current: readonly SpeakerReport[]): ReadonlyMap<string, readonly NodeProblem[]> {
  const byAddress = new Map<string, readonly NodeProblem[]>();
  for (const { node, announcing, addressProblems } of current)
    for (const { problem, addresses } of addressProblems)
      if (FOREIGN.has(problem.code))
        // One that is yielded is announced by no speaker.
        for (const ip of problem.code === "ADDRESS_YIELDED" ? addresses : addresses.intersection(announcing)) {
          const others = (byAddress.get(ip) ?? []).filter((one) => one.problem.code !== problem.code);
          byAddress.set(ip, [...others, { node, problem }]);
        }
  return byAddress;
}

/** The addresses of which something else is to be said by the second view than by the first, canonical text. */
export function differingAddresses(before: SpeakersView, after: SpeakersView): readonly string[] {
  const isOtherOwners = compareOwners(before, after);
  const isOther = (ip: string): boolean =>
    isOtherOwners(before.contested.get(ip) ?? [], after.contested.get(ip) ?? []) ||
    !isDeepStrictEqual(before.unowned.get(ip), after.unowned.get(ip)) ||
    isOtherHeld(before.held.get(ip) ?? [], after.held.get(ip) ?? []) ||
    !isDeepStrictEqual(before.foreign.get(ip), after.foreign.get(ip));
  const candidates = [before, after].flatMap(({ contested, held, foreign, unowned }) =>
    [contested, held, foreign, unowned].flatMap((byAddress) => [...byAddress.keys()]),
  );
  return [...before.announced.symmetricDifference(after.announced), ...new Set(candidates.filter(isOther))];
}

type Owners = readonly string[];

/**
 * Whether these are other owners than before, or hear others. Where heartbeats are blocked all nodes own all addresses: the
 * same lists are compared once.
 */
function compareOwners(before: SpeakersView, after: SpeakersView): (left: Owners, right: Owners) => boolean {
  const deafTo = ({ unheard }: SpeakersView, node: string): ReadonlySet<string> => unheard.get(node) ?? NONE;
  const isOtherNode = new Map<string, boolean>();
  for (const node of new Set([...before.unheard.keys(), ...after.unheard.keys()]))
    isOtherNode.set(node, deafTo(before, node).symmetricDifference(deafTo(after, node)).size > 0);
  const known = new Map<string, boolean>();
  return (left, right) => {
    if (left.length !== right.length) return true;
    const [text, other] = [left.join(" "), right.join(" ")];
    if (text !== other) return true;
    const answer = known.get(text) ?? right.some((node) => isOtherNode.get(node) === true);
    known.set(text, answer);
    return answer;
  };
}

const NONE: ReadonlySet<string> = new Set();

function isOtherHeld(left: readonly NodeProblem[], right: readonly NodeProblem[]): boolean {
  const isOther = ({ node, problem }: NodeProblem, at: number): boolean =>
    left[at]?.node !== node ||
    printPlace(left[at].problem.at) !== printPlace(problem.at) ||
    left[at].problem.fix !== problem.fix;
  return left.length !== right.length || right.some(isOther);
}
