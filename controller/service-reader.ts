import { equalIps, type Ip, printIp } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { addressesHeldBy } from "#src/model/service-status.ts";
import { AddressesInUse } from "./addresses-in-use.ts";
import { FormerAddresses } from "./former-addresses.ts";
import { HeldAddresses } from "./held-addresses.ts";
import type { UnseenWrites } from "./unseen-writes.ts";

/** Called with the problems of a Service when they change; empty: there are none any longer. */
export type ServiceProblems = (object: KubeObject, problems: readonly Problem[]) => void;

/** What is needed to read the Services. */
export interface Look {
  readonly objectOf: (key: string) => KubeObject | undefined;
  readonly writes: UnseenWrites;
  readonly nowMs: number;
}

/** The Services as last read: only those that changed are read again. */
export class ServiceReader {
  readonly #services = new Map<string, Service>();
  readonly #unreadable = new Map<string, readonly Ip[]>();
  /** Of the Services that have any. */
  readonly #problems = new Map<string, readonly Problem[]>();
  readonly #inUse = new AddressesInUse();
  readonly #former = new FormerAddresses();
  /** Keys of Services whose status was emptied, and that count as having what it held. */
  readonly #restored = new Set<string>();
  readonly #onProblems: ServiceProblems;
  #resting: ReadonlyMap<string, number> = new Map();
  /** What Services had whose status another program may empty. */
  readonly held = new HeldAddresses();

  constructor(onProblems: ServiceProblems) {
    this.#onProblems = onProblems;
  }

  get services(): ReadonlyMap<string, Service> {
    return this.#services;
  }

  /** The addresses of the Services that could not be read. */
  get unreadable(): ReadonlyMap<string, readonly Ip[]> {
    return this.#unreadable;
  }

  /** Freed addresses, see AssignmentSnapshot. */
  get resting(): ReadonlyMap<string, number> {
    return this.#resting;
  }

  /** What Services had last, see AssignmentSnapshot. */
  get former(): ReadonlyMap<string, readonly Ip[]> {
    return this.#former.byKey;
  }

  /** The problems of a Service; empty where there are none. */
  problemsOf(key: string): readonly Problem[] {
    return this.#problems.get(key) ?? [];
  }

  /** Reads these Services again. Returns the keys of all that may differ now. */
  update(changed: ReadonlySet<string>, { objectOf, writes, nowMs }: Look): ReadonlySet<string> {
    const keys = changed.union(this.#restored);
    this.#restored.clear();
    for (const key of keys) {
      const object = objectOf(key);
      // Before anything is changed: an exception while parsing leaves all as it was.
      const parsed = object && parseService(object);
      this.#inUse.remove(this.#services.get(key)?.assignedAddresses ?? this.#unreadable.get(key) ?? []);
      if (object === undefined || parsed === undefined) this.#forget(key, writes);
      else this.#take(key, { object, parsed, writes });
    }
    for (const key of keys) this.#restore(key, objectOf(key));
    this.#resting = this.#inUse.resting(nowMs);
    return keys;
  }

  #take(
    key: string,
    { object, parsed, writes }: { object: KubeObject; parsed: Parsed<Service>; writes: UnseenWrites },
  ): void {
    this.#report(key, object, parsed);
    const unseen = writes.addressesOf(key, object);
    const addresses = unseen ?? (parsed.ok ? parsed.value.assignedAddresses : addressesHeldBy(object));
    this.#inUse.add(addresses);
    if (parsed.ok) {
      // Of one that cannot be read external IPs are among them, which it was not assigned.
      this.#former.note(key, addresses);
      this.held.note(key, object, addresses);
      this.#unreadable.delete(key);
      this.#services.set(key, unseen === undefined ? parsed.value : withUnseen(parsed.value, unseen));
    } else {
      this.#services.delete(key);
      this.#unreadable.set(key, addresses);
    }
  }

  #forget(key: string, writes: UnseenWrites): void {
    for (const known of [this.#services, this.#unreadable, this.#problems]) known.delete(key);
    this.held.forget(key);
    writes.forget(key);
  }

  #restore(key: string, object: KubeObject | undefined): void {
    const service = this.#services.get(key);
    if (object === undefined || service === undefined || service.assignedAddresses.length > 0) return;
    const assignedAddresses = this.held.lostBy(service, object, (ip) => this.#inUse.has(printIp(ip)));
    if (assignedAddresses.length === 0) return;
    this.#inUse.add(assignedAddresses);
    this.#services.set(key, { ...service, assignedAddresses });
    this.#restored.add(key);
  }

  #report(key: string, object: KubeObject, { problems }: Parsed<Service>): void {
    if (JSON.stringify(problems) === JSON.stringify(this.problemsOf(key))) return;
    if (problems.length > 0) this.#problems.set(key, problems);
    else this.#problems.delete(key);
    this.#onProblems(object, problems);
  }
}

/** A Service as it is after a write that is not shown yet: what that gives to it is ours, with or without the mark. */
function withUnseen(service: Service, addresses: readonly Ip[]): Service {
  const isShown = (ip: Ip): boolean => service.assignedAddresses.some((shown) => equalIps(shown, ip));
  const markedAddresses = addresses.every(isShown) ? service.markedAddresses : addresses;
  return { ...service, assignedAddresses: addresses, markedAddresses };
}
