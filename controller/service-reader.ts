import { equalIps, type Ip, printIp } from "#src/ip/address.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { leavingAddresses, without, withoutLeaving } from "#src/model/leaving-addresses.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import { AddressesInUse } from "./addresses-in-use.ts";
import { FormerAddresses } from "./former-addresses.ts";
import { marksOf, withMarks } from "./service-marks.ts";
import { NEW_RECORD } from "./service-record.ts";
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
  #resting: ReadonlyMap<string, number> = new Map();

  constructor(records: ServiceRecords, onProblems: ServiceProblems) {
    this.#records = records;
    this.#onProblems = onProblems;
  }

  /** Freed addresses, see AssignmentSnapshot. */
  get resting(): ReadonlyMap<string, number> {
    return this.#resting;
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
      this.#inUse.remove(this.#records.get(key)?.addresses ?? []);
      if (object === undefined || parsed === undefined) this.#records.forget(key);
      else this.#take(object, parsed, isByOthers);
    }
    for (const key of keys) this.#restore(key, objectOf(key));
    this.#resting = this.#inUse.resting(nowMs, restMs);
    return keys;
  }

  #take(object: KubeObject, parsed: Parsed<Service>, isByOthers: boolean): void {
    const key = keyOf(object.metadata);
    const before = this.#records.get(key) ?? NEW_RECORD;
    const problems = this.#sayProblems(object, parsed.problems, before.problems);
    const unseen = stillUnseen(before.unseen, object);
    const marks = parsed.ok ? marksOf(object, parsed.value, isByOthers ? undefined : before.marks) : before.marks;
    const service = parsed.ok ? withMarks(parsed.value, marks) : undefined;
    const addresses = unseen?.addresses ?? service?.assignedAddresses ?? addressesHeldBy(object);
    this.#inUse.add(addresses);
    const leaving = unseen?.leaving ?? (service && leavingAddresses(service, marks?.leaving ?? [])) ?? [];
    const own = without(addresses, leaving);
    // Of one that cannot be read external IPs are among them, which it was not assigned.
    const has = service !== undefined && own.length > 0;
    if (has) this.#former.note(key, own);
    this.#records.read(key, {
      service: service && withoutLeaving(withUnseen(service, unseen), leaving),
      addresses,
      problems,
      unseen,
      marks,
      ...(parsed.ok ? { saidUnreadable: undefined } : {}),
      held: has ? { uid: object.metadata.uid, addresses: own } : before.held,
    });
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
    this.#inUse.add(addresses);
    this.#records.change(key, { service: { ...service, assignedAddresses: addresses }, addresses });
    this.#restored.add(key);
  }
}

/** A Service as it is after a write that is not shown yet: what that gives to it is ours, with or without the mark. */
function withUnseen(service: Service, unseen: UnseenWrite | undefined): Service {
  if (unseen === undefined) return service;
  const { addresses } = unseen;
  const isShown = (ip: Ip): boolean => service.assignedAddresses.some((shown) => equalIps(shown, ip));
  const markedAddresses = addresses.every(isShown) ? service.markedAddresses : addresses;
  return { ...service, assignedAddresses: addresses, markedAddresses };
}
