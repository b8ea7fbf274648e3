import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { ingressOf } from "#src/model/service-status.ts";
import { HeldAddresses } from "./held.ts";
import type { UnseenWrites } from "./unseen-writes.ts";

/** The Services of a snapshot: read, or not readable with what their status holds. */
export interface ServicesRead {
  readonly services: ReadonlyMap<string, Service>;
  readonly unreadable: ReadonlyMap<string, readonly Ip[]>;
  /** Every address in a status, or of a Service whose status was emptied; canonical text. */
  readonly inUse: ReadonlySet<string>;
}

/** Hears of the problems of one Service, when they change; empty: it is well again. */
export type ServiceProblems = (object: KubeObject, problems: readonly Problem[]) => void;

/** Reads Services, each version of an object once: the work for one change is one parse. */
export class ServiceReader {
  readonly #parsed = new WeakMap<KubeObject, Parsed<Service>>();
  readonly #said = new Map<string, string>();
  readonly #onProblems: ServiceProblems;
  /** What Services had whose status somebody may empty. */
  readonly held = new HeldAddresses();

  constructor(onProblems: ServiceProblems) {
    this.#onProblems = onProblems;
  }

  read(objects: ReadonlyMap<string, KubeObject>, writes: UnseenWrites): ServicesRead {
    const services = new Map<string, Service>();
    const unreadable = new Map<string, readonly Ip[]>();
    const inUse = new Set<string>();
    for (const [key, object] of objects) {
      const parsed = this.#parse(key, object);
      const unseen = writes.addressesOf(key, object);
      const addresses = unseen ?? (parsed.ok ? parsed.value.assignedAddresses : addressesIn(object));
      for (const ip of addresses) inUse.add(printIp(ip));
      this.held.note(key, object, addresses);
      if (!parsed.ok) unreadable.set(key, addresses);
      else services.set(key, unseen === undefined ? parsed.value : { ...parsed.value, assignedAddresses: unseen });
    }
    this.#restore(services, objects, inUse);
    for (const key of this.#said.keys()) if (!objects.has(key)) this.#said.delete(key);
    this.held.prune(objects);
    return { services, unreadable, inUse };
  }

  /** The problems of a Service that cannot be read. */
  problemsOf(object: KubeObject): readonly Problem[] {
    return this.#parsed.get(object)?.problems ?? [];
  }

  #restore(services: Map<string, Service>, objects: ReadonlyMap<string, KubeObject>, inUse: Set<string>): void {
    for (const [key, service] of services) {
      const object = objects.get(key);
      if (object === undefined || service.assignedAddresses.length > 0) continue;
      const assignedAddresses = this.held.lostBy(service, object, inUse);
      if (assignedAddresses.length === 0) continue;
      for (const ip of assignedAddresses) inUse.add(printIp(ip));
      services.set(key, { ...service, assignedAddresses });
    }
  }

  #parse(key: string, object: KubeObject): Parsed<Service> {
    const known = this.#parsed.get(object);
    if (known !== undefined) return known;
    const parsed = parseService(object);
    this.#parsed.set(object, parsed);
    this.#say(key, object, parsed);
    return parsed;
  }

  #say(key: string, object: KubeObject, { problems }: Parsed<Service>): void {
    const text = JSON.stringify(problems);
    if (text === (this.#said.get(key) ?? "[]")) return;
    if (problems.length > 0) this.#said.set(key, text);
    else this.#said.delete(key);
    this.#onProblems(object, problems);
  }
}

/** What the status of an unreadable Service holds, as far as it can be made out. */
function addressesIn(object: KubeObject): readonly Ip[] {
  return ingressOf(object).flatMap(({ ip }) => (typeof ip === "string" ? (parseIp(ip) ?? []) : []));
}
