import { includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { FormerAddresses } from "#src/assignment/former-addresses.ts";
import { restsOf } from "#src/assignment/rests-of.ts";
import type { Rest } from "#src/assignment/snapshot.ts";
import type { KeptAddress } from "#src/model/kept-addresses.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { leavingAddresses, withoutLeaving } from "#src/model/leaving-addresses.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { addressesHeldBy, addressesShownBy } from "#src/model/service-status.ts";
import { AddressesInUse } from "./addresses-in-use.ts";
import { marksOf, withMarks } from "./service-marks.ts";
import { NEW_RECORD, type ServiceRecord } from "./service-record.ts";
import type { ServiceRecords } from "./service-records.ts";
import { stillUnseen, type UnseenWrite } from "./unseen-write.ts";

/** Called with the problems of a Service when they change; empty: there are none any longer. */
export type ServiceProblems = (object: KubeObject, problems: readonly Problem[]) => void;

/** What is needed to read the Services. */
interface Look {
  readonly objectOf: (key: string) => KubeObject | undefined;
  readonly nowMs: number;
  /** For how long a freed address rests at most; by default as in pools that do not say. */
  readonly restMs?: number;
  /** What is noted on the Services counts, and not what is remembered: another replica led, or may have. */
  readonly isByOthers?: boolean;
}

/** Reads the Services that changed, and no others, into their records. */
export class ServiceReader {
  readonly #records: ServiceRecords;
  readonly #onProblems: ServiceProblems;
  readonly #inUse = new AddressesInUse();
  readonly #former = new FormerAddresses();
  /** Keys of Services whose status was emptied, and that count as having what it held. */
  readonly #restored = new Set<string>();
  #resting: ReadonlyMap<string, Rest> = new Map();

  constructor(records: ServiceRecords, onProblems: ServiceProblems) {
    this.#records = records;
    this.#onProblems = onProblems;
  }

  /** Freed addresses, see AssignmentSnapshot. */
  get resting(): ReadonlyMap<string, Rest> {
    return this.#resting;
  }

  /**
   * Lets addresses rest that another controller saw freed: those that no Service has, and of which nothing is known here.
   * `wallMs`: now, by the clock of their times.
   */
  restore(
    kept: readonly KeptAddress[],
    { nowMs, wallMs, restMs }: { nowMs: number; wallMs: number; restMs: number },
  ): void {
    const rests = restsOf(kept, { nowMs, wallMs });
    this.#inUse.restore(rests);
    this.#resting = this.#inUse.resting(nowMs, restMs);
    for (const { ip, service } of rests.toReversed()) this.#former.restore(service, ip);
  }

  /** Lets these addresses rest no longer. */
  giveUp(ips: readonly Ip[]): void {
    this.#inUse.giveUp(ips);
  }

  /** What Services had last, see AssignmentSnapshot. */
  get former(): ReadonlyMap<string, readonly Ip[]> {
    return this.#former.byKey;
  }

  /** Reads these Services again. Returns the keys of all that may differ now. */
  update(changed: ReadonlySet<string>, look: Look): ReadonlySet<string> {
    const { objectOf, nowMs, restMs, isByOthers = false } = look;
    const keys = changed.union(this.#restored);
    this.#restored.clear();
    for (const key of keys) {
      const object = objectOf(key);
      // Before anything is changed: an exception while parsing leaves all as it was.
      const parsed = object && parseService(object);
      if (object === undefined) this.#seeLast(key);
      this.#inUse.set(key, []);
      if (object === undefined || parsed === undefined) this.#records.forget(key);
      else this.#take(object, parsed, isByOthers);
    }
    for (const key of keys) this.#restore(key, objectOf(key));
    this.#resting = this.#inUse.resting(nowMs, restMs);
    return keys;
  }

  /** A Service that is gone had what was written on it last, also where that was never shown: it rests, and is given back to its name. */
  #seeLast(key: string): void {
    const written = this.#records.get(key)?.unseen?.addresses ?? [];
    if (written.length === 0) return;
    this.#inUse.set(key, written);
    this.#former.note(key, written);
  }

  #take(object: KubeObject, parsed: Parsed<Service>, isByOthers: boolean): void {
    const key = keyOf(object.metadata);
    const before = this.#records.get(key) ?? NEW_RECORD;
    const problems = this.#sayProblems(object, parsed.problems, before.problems);
    if (!parsed.ok) {
      const unseen = stillUnseen(before.unseen, object);
      // Its external IPs were never assigned to it: they do not rest when it goes.
      this.#inUse.set(key, unseen?.addresses ?? addressesShownBy(object));
      const addresses = unseen?.addresses ?? addressesHeldBy(object);
      this.#records.read(key, { service: undefined, addresses, problems, unseen });
      return;
    }
    const seen = seenService(object, parsed.value, { before, isByOthers });
    this.#inUse.set(key, seen.addresses);
    const own = seen.service.assignedAddresses;
    if (own.length > 0) this.#former.note(key, own);
    const held = own.length > 0 ? { uid: object.metadata.uid, addresses: own } : before.held;
    this.#records.read(key, { ...seen, problems, saidUnreadable: undefined, held });
  }

  #sayProblems(object: KubeObject, found: readonly Problem[], before: readonly Problem[]): readonly Problem[] {
    // One empty list for all: most have no problems.
    const problems = found.length === 0 ? NEW_RECORD.problems : found;
    if (JSON.stringify(problems) !== JSON.stringify(before)) this.#onProblems(object, problems);
    return problems;
  }

  /** Gives a Service with an empty status back what it had, where no Service has it now. */
  #restore(key: string, object: KubeObject | undefined): void {
    const { service, held } = this.#records.get(key) ?? NEW_RECORD;
    if (object === undefined || service === undefined || held === undefined || service.assignedAddresses.length > 0)
      return;
    const isStillItsOwn = service.type === "LoadBalancer" && held.uid === object.metadata.uid;
    if (!isStillItsOwn || held.addresses.some((ip) => this.#inUse.has(printIp(ip)))) {
      this.#records.change(key, { held: undefined });
      return;
    }
    const { addresses } = held;
    this.#inUse.set(key, addresses);
    this.#records.change(key, { service: { ...service, assignedAddresses: addresses }, addresses });
    this.#restored.add(key);
  }
}

/** A Service as the plan counts it: with a write that is not shown yet, and without the addresses that leave it. */
function seenService(
  object: KubeObject,
  parsed: Service,
  { before, isByOthers }: { before: ServiceRecord; isByOthers: boolean },
): Pick<ServiceRecord, "addresses" | "unseen" | "marks"> & { readonly service: Service } {
  const unseen = stillUnseen(before.unseen, object);
  const marks = marksOf(object, parsed, isByOthers ? undefined : before.marks);
  const service = withUnseen(withMarks(parsed, marks), unseen);
  const leaving = unseen?.leaving ?? leavingAddresses(parsed, marks?.leaving ?? []);
  return { service: withoutLeaving(service, leaving), addresses: service.assignedAddresses, unseen, marks };
}

/** A Service as it is after a write that is not shown yet: what that gives to it is ours, with or without the mark. */
function withUnseen(service: Service, unseen: UnseenWrite | undefined): Service {
  if (unseen === undefined) return service;
  const { addresses } = unseen;
  const isShown = (ip: Ip): boolean => includesIp(service.assignedAddresses, ip);
  const markedAddresses = addresses.every(isShown) ? service.markedAddresses : addresses;
  return { ...service, assignedAddresses: addresses, markedAddresses };
}
