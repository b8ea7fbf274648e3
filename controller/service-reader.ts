import { equalIps, type Ip, printIp } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import { leavingAddresses, without, withoutLeaving } from "#src/model/leaving-addresses.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import { AddressesInUse } from "./addresses-in-use.ts";
import { FormerAddresses } from "./former-addresses.ts";
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
  update(changed: ReadonlySet<string>, { objectOf, nowMs, restMs }: Look): ReadonlySet<string> {
    const keys = changed.union(this.#restored);
    this.#restored.clear();
    for (const key of keys) {
      const object = objectOf(key);
      // Before anything is changed: an exception while parsing leaves all as it was.
      const parsed = object && parseService(object);
      this.#inUse.remove(this.#records.get(key)?.addresses ?? []);
      if (object === undefined || parsed === undefined) this.#records.forget(key);
      else this.#take(key, object, parsed);
    }
    for (const key of keys) this.#restore(key, objectOf(key));
    this.#resting = this.#inUse.resting(nowMs, restMs);
    return keys;
  }

  #take(key: string, object: KubeObject, parsed: Parsed<Service>): void {
    const before = this.#records.get(key) ?? NEW_RECORD;
    // One empty list for all: most have no problems.
    const problems = parsed.problems.length === 0 ? NEW_RECORD.problems : parsed.problems;
    if (JSON.stringify(problems) !== JSON.stringify(before.problems)) this.#onProblems(object, problems);
    const unseen = stillUnseen(before.unseen, object);
    const addresses = unseen?.addresses ?? (parsed.ok ? parsed.value.assignedAddresses : addressesHeldBy(object));
    this.#inUse.add(addresses);
    const leaving =
      unseen?.leaving ?? (parsed.ok ? leavingAddresses(object, parsed.value, stillLeaving(before, parsed.value)) : []);
    const own = without(addresses, leaving);
    // Of one that cannot be read external IPs are among them, which it was not assigned.
    const has = parsed.ok && own.length > 0;
    if (has) this.#former.note(key, own);
    this.#records.read(key, {
      service: parsed.ok ? withoutLeaving(withUnseen(parsed.value, unseen), leaving) : undefined,
      addresses,
      problems,
      unseen,
      ...(parsed.ok ? { saidUnreadable: undefined } : {}),
      held: has ? { uid: object.metadata.uid, addresses: own } : before.held,
    });
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

/**
 * What left the Service when its status was read before and was the same: who takes our mark off, or writes another, keeps
 * no address by it that was exchanged.
 */
function stillLeaving({ service, addresses }: ServiceRecord, { assignedAddresses }: Service): readonly Ip[] {
  const leaving = service?.leavingAddresses ?? [];
  if (leaving.length === 0 || addresses.length !== assignedAddresses.length) return [];
  const isSame = assignedAddresses.every((ip, at) => addresses[at] !== undefined && equalIps(addresses[at], ip));
  return isSame ? leaving : [];
}

/** A Service as it is after a write that is not shown yet: what that gives to it is ours, with or without the mark. */
function withUnseen(service: Service, unseen: UnseenWrite | undefined): Service {
  if (unseen === undefined) return service;
  const { addresses } = unseen;
  const isShown = (ip: Ip): boolean => service.assignedAddresses.some((shown) => equalIps(shown, ip));
  const markedAddresses = addresses.every(isShown) ? service.markedAddresses : addresses;
  return { ...service, assignedAddresses: addresses, markedAddresses };
}
