import { put } from "#src/collections/put.ts";
import type { EndpointSlice } from "#src/model/endpoint-slice.ts";
import type { Ingress, IngressClass } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import type { Service } from "#src/model/service.ts";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { replaceHosts, replaceServices } from "#src/routing/ingress/build-routes.ts";
import type { IsOwnEndpoint } from "#src/routing/ingress/backend.ts";
import { backendTargets } from "#src/routing/ingress/backend-targets.ts";
import type { ProgramPlace } from "#src/routing/ingress/near-endpoints.ts";
import { missingPort } from "#src/routing/ingress/missing-port.ts";
import { namedPorts, withNamedPorts } from "#src/routing/ingress/named-ports.ts";
import { defaultIngress, isDefaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { defaultRule, defaultServiceMissing } from "#src/routing/ingress/default-rule.ts";
import { findOwnEndpoints, type OwnEndpoint, ownEndpointOf } from "#src/routing/ingress/find-own-endpoints.ts";
import { conflictsOfHost, type RouteConflict } from "#src/routing/ingress/find-route-conflicts.ts";
import { mergeHosts } from "#src/routing/ingress/merge-host.ts";
import {
  claimedHosts,
  classOf,
  type ClassScope,
  type Compat,
  compareAge,
  isServed,
  isWatched,
} from "#src/routing/ingress/routing-snapshot.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import type { RouteChanges } from "./route-changes.ts";

/** A class whose Ingresses are not ours. */
export interface ForeignClass {
  readonly name: string;
  readonly controller: string | undefined;
  /** How many Ingresses are of it. */
  readonly count: number;
}

/** By host the Ingresses that claim it no longer, and those that do now: one host may have very many. */
type ClaimMoves = Map<string, ClaimMove>;

interface ClaimMove {
  readonly gone: Set<Ingress>;
  readonly come: Ingress[];
}

export interface RouteIndexOptions {
  /** How paths are compared; default `hawser`. */
  readonly compat?: Compat | undefined;
  readonly isOwnEndpoint?: IsOwnEndpoint | undefined;
  /** The Service (`namespace/name`) for requests that no rule matches. */
  readonly defaultService?: string | undefined;
}

const NO_ADDRESSES: readonly string[] = [];
const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** Keeps the objects by what the route table asks for, so that a change builds again only the hosts and Services it touches. */
export class RouteIndex {
  readonly #scope: ClassScope;
  readonly #isOwnEndpoint: IsOwnEndpoint | undefined;
  readonly #defaultService: string | undefined;
  readonly #compat: Compat | undefined;
  readonly #classes = new Map<string, IngressClass>();
  /** All Ingresses, and of them those of our class, closed ones too. */
  readonly #ingresses = new Map<string, Ingress>();
  readonly #ours = new Map<string, Ingress>();
  /** The class of each Ingress that is not ours, and how many there are of each class. */
  readonly #foreignClasses = new Map<string, string>();
  readonly #foreignCounts = new Map<string, number>();
  readonly #claims = new Map<string, Ingress[]>();
  /** Those of type ExternalName with the ports that Ingresses of ours name. */
  readonly #services = new Map<string, Service>();
  /** These, as they were written. */
  readonly #externals = new Map<string, Service>();
  /** Of these, the addresses of their names. */
  readonly #addresses = new Map<string, readonly string[]>();
  /** By Service, and each by its own key. */
  readonly #slices = new Map<string, EndpointSlice[]>();
  readonly #sliceByKey = new Map<string, EndpointSlice>();
  /** Services that have such an endpoint: mostly the one in front of this program alone. */
  readonly #withOwn = new Map<string, OwnEndpoint>();
  /** Undefined until it is asked for: it takes a look at all Ingresses. */
  #ownEndpoints: readonly Problem[] | undefined;
  /** By host. */
  readonly #conflicts = new Map<string, readonly RouteConflict[]>();
  #place: ProgramPlace | undefined;
  #hasMoved = false;
  #table: RouteTable;

  constructor(scope: ClassScope, { isOwnEndpoint, defaultService, compat }: RouteIndexOptions = {}) {
    this.#scope = scope;
    this.#compat = compat;
    this.#isOwnEndpoint = isOwnEndpoint;
    this.#defaultService = defaultService;
    this.#table = EMPTY_ROUTES;
    if (defaultService !== undefined) this.#useDefault(defaultIngress(defaultService));
  }

  /** The Ingresses of our class that can be read, and that of `--default-backend-service`; those that are closed keep their certificates. */
  ours(): readonly Ingress[] {
    return [...this.#ours.values()];
  }

  /** An Ingress of our class by its key; undefined where there is none that can be read. */
  get(key: string): Ingress | undefined {
    return this.#ours.get(key);
  }

  /** The first port that an Ingress names and that its Service does not have. */
  missingPort(ingress: Ingress): Problem | undefined {
    return missingPort(ingress, this.#services);
  }

  /** Whether an Ingress is served, as a whole or in part. */
  serves(key: string): boolean {
    const ingress = this.#ours.get(key);
    return ingress !== undefined && ingress.closed === undefined;
  }

  /** The classes of Ingresses that are not ours, with the controller of each (undefined: there is no IngressClass). */
  foreignClasses(): readonly ForeignClass[] {
    return Array.from(this.#foreignCounts, ([name, count]) => ({
      name,
      controller: this.#classes.get(name)?.controller,
      count,
    }));
  }

  /** Rules that take no requests, at most `limit` of them. */
  conflicts(limit: number): readonly RouteConflict[] {
    return [...this.#conflicts.values()].flat().slice(0, limit);
  }

  /** Services with an endpoint that is this program itself, to which an Ingress of ours sends requests. */
  ownEndpoints(): readonly Problem[] {
    this.#ownEndpoints ??= findOwnEndpoints(this.#withOwn.values(), this.#ours.values());
    return this.#ownEndpoints;
  }

  /** The names that Services of type ExternalName lead to, of those to which requests may be sent, by `namespace/name`. */
  externalNames(): ReadonlyMap<string, string> {
    if (this.#externals.size === 0) return NO_NAMES;
    const used = new Set(this.ours().flatMap((ingress) => backendTargets(ingress).map(({ serviceKey }) => serviceKey)));
    return new Map(
      [...this.#externals].flatMap(([key, { externalName }]) =>
        externalName !== undefined && used.has(key) ? [[key, externalName] as const] : [],
      ),
    );
  }

  /** What is wrong with the Service for requests that no rule matches. */
  defaultProblems(): readonly Problem[] {
    const key = this.#defaultService;
    return key === undefined || this.#services.has(key) ? [] : [defaultServiceMissing(key)];
  }

  /** Whether an Ingress is of our class, by the classes as of the last update. */
  isOurs(ingress: Pick<Ingress, "className" | "namespace">): boolean {
    return isServed(ingress, this.#classes, this.#scope);
  }

  /** The slices of a Service (`namespace/name`). */
  slicesOf(serviceKey: string): readonly EndpointSlice[] {
    return this.#slices.get(serviceKey) ?? [];
  }

  /** The classes as they are now: what is asked of them before the next update goes by these. */
  useClasses(changes: RouteChanges["classes"]): void {
    for (const { key, after } of changes) put(this.#classes, key, after);
  }

  get place(): ProgramPlace | undefined {
    return this.#place;
  }

  /** Where this program runs from now on: all backends are built again with the next update. */
  usePlace(place: ProgramPlace | undefined): void {
    if (this.#place?.node === place?.node && this.#place?.zone === place?.zone) return;
    this.#place = place;
    this.#hasMoved = true;
  }

  /** Whether the next update builds something again without any change. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /** All that was said so far, as changes of an index that knows nothing. */
  everything(): RouteChanges {
    const latest = <T>(objects: ReadonlyMap<string, T>) => Array.from(objects, ([key, after]) => ({ key, after }));
    return {
      classes: latest(this.#classes),
      ingresses: latest(this.#ingresses),
      services: latest(new Map([...this.#services, ...this.#externals])),
      slices: latest(this.#sliceByKey),
      addresses: Array.from(this.#addresses, ([key, addresses]) => ({ key, addresses })),
      place: this.#place,
    };
  }

  /** The table after these changes. */
  update(changes: RouteChanges): RouteTable {
    if (changes.place !== undefined) this.usePlace(changes.place);
    const moves: ClaimMoves = new Map();
    const services = new Set(changes.services.map(({ key }) => key));
    this.useClasses(changes.classes);
    for (const { key, after } of changes.ingresses) put(this.#ingresses, key, after);
    // A class is rare and touches any number of Ingresses.
    const touched = changes.classes.length > 0 ? this.#ingresses.keys() : [];
    for (const key of [...changes.ingresses.map((change) => change.key), ...touched]) this.#settle(key, moves);
    for (const [host, move] of moves) put(this.#claims, host, claimsAfter(this.#claims.get(host) ?? [], move));
    const merged = [...mergeHosts(moves.keys(), { claims: this.#claims, compat: this.#compat })];
    for (const [host, one] of merged) {
      const conflicts = one === undefined ? [] : conflictsOfHost(host, one);
      put(this.#conflicts, host, conflicts.length === 0 ? undefined : conflicts);
    }
    const before = this.#placeServices(changes.services);
    if (moves.size > 0 || changes.services.length > 0) this.#nameExternalPorts(services, before);
    for (const { key, addresses } of changes.addresses ?? []) {
      if (!this.#externals.has(key)) continue;
      this.#addresses.set(key, addresses);
      services.add(key);
    }
    for (const change of changes.slices) this.#placeSlice(change, services);
    if (this.#hasMoved) for (const key of this.#slices.keys()) services.add(key);
    this.#hasMoved = false;
    const [claims, all, slices] = [this.#claims, this.#services, this.#slices];
    const addressesOf = (key: string) => this.#addresses.get(key) ?? NO_ADDRESSES;
    const ways = { isOwnEndpoint: this.#isOwnEndpoint, place: this.#place, addressesOf };
    const snapshot = { claims, services: all, slices, ...ways };
    if (moves.size > 0) this.#ownEndpoints = undefined;
    for (const key of services) this.#findOwn(key);
    this.#table = replaceServices(replaceHosts(this.#table, merged), services, snapshot, before);
    return this.#table;
  }

  /** Notes of one Ingress which hosts it claims no longer or claims now. */
  #settle(key: string, moves: ClaimMoves): void {
    const present = this.#ingresses.get(key);
    if (present !== undefined && isDefaultIngress(present)) return this.#useDefault(present);
    const after = present && isServed(present, this.#classes, this.#scope) ? present : undefined;
    const isForeign = after === undefined && present !== undefined && isWatched(present, this.#scope);
    this.#countForeign(key, isForeign ? classOf(present, this.#classes) : undefined);
    const before = this.#ours.get(key);
    if (before === after) return;
    put(this.#ours, key, after);
    for (const host of before === undefined ? [] : claimedHosts(before))
      moveOf(moves, host).gone.add(before as Ingress);
    for (const host of after === undefined ? [] : claimedHosts(after)) moveOf(moves, host).come.push(after as Ingress);
  }

  /** Serves requests that no rule matches as this Ingress says, which claims no host and is of no class. */
  #useDefault(ingress: Ingress): void {
    const { key } = ingress;
    if (this.#ours.get(key) === ingress) return;
    this.#ingresses.set(key, ingress);
    this.#ours.set(key, ingress);
    this.#table = { ...this.#table, fallback: defaultRule(ingress) };
    this.#ownEndpoints = undefined;
  }

  #countForeign(key: string, className: string | undefined): void {
    const before = this.#foreignClasses.get(key);
    if (before === className) return;
    put(this.#foreignClasses, key, className);
    for (const [name, step] of [
      [before, -1],
      [className, 1],
    ] as const) {
      if (name === undefined) continue;
      const count = (this.#foreignCounts.get(name) ?? 0) + step;
      put(this.#foreignCounts, name, count === 0 ? undefined : count);
    }
  }

  /** Gives Services of type ExternalName the ports that Ingresses name now; one whose ports are others than before is built again. */
  #nameExternalPorts(services: Set<string>, before: Map<string, Service>): void {
    const ports = namedPorts(this.#ours.values(), this.#externals);
    for (const [key, own] of this.#externals) {
      const [present, after] = [this.#services.get(key), withNamedPorts(own, ports.get(key))];
      if (present === undefined || hasSamePorts(present, after)) continue;
      if (!before.has(key)) before.set(key, present);
      this.#services.set(key, after);
      services.add(key);
    }
  }

  #findOwn(serviceKey: string): void {
    const before = this.#withOwn.get(serviceKey);
    const after = ownEndpointOf(serviceKey, this.#slices.get(serviceKey) ?? [], this.#isOwnEndpoint);
    if (before === undefined && after === undefined) return;
    put(this.#withOwn, serviceKey, after);
    this.#ownEndpoints = undefined;
  }

  /** The Services that were replaced, as they were before. */
  #placeServices(changes: RouteChanges["services"]): Map<string, Service> {
    const before = new Map<string, Service>();
    for (const { key, after } of changes) {
      const former = this.#services.get(key);
      if (former !== undefined && !before.has(key)) before.set(key, former);
      put(this.#services, key, after);
      const isExternal = after?.type === "ExternalName";
      put(this.#externals, key, isExternal ? after : undefined);
      if (!isExternal) this.#addresses.delete(key);
    }
    return before;
  }

  #placeSlice({ key, after }: RouteChanges["slices"][number], services: Set<string>): void {
    const before = this.#sliceByKey.get(key);
    put(this.#sliceByKey, key, after);
    if (before !== undefined) {
      services.add(before.serviceKey);
      const rest = (this.#slices.get(before.serviceKey) ?? []).filter((slice) => slice !== before);
      put(this.#slices, before.serviceKey, rest.length === 0 ? undefined : rest);
    }
    if (after === undefined) return;
    services.add(after.serviceKey);
    const group = [...(this.#slices.get(after.serviceKey) ?? []), after];
    this.#slices.set(
      after.serviceKey,
      group.sort((left, right) => (left.key < right.key ? -1 : 1)),
    );
  }
}

function hasSamePorts(left: Service, right: Service): boolean {
  return (
    left.ports.length === right.ports.length && left.ports.every(({ port }, index) => port === right.ports[index]?.port)
  );
}

function moveOf(moves: ClaimMoves, host: string): ClaimMove {
  const move = moves.get(host) ?? { gone: new Set(), come: [] };
  moves.set(host, move);
  return move;
}

/** The claimants of a host afterwards, oldest first; undefined where there are none. */
function claimsAfter(before: readonly Ingress[], { gone, come }: ClaimMove): Ingress[] | undefined {
  const rest = before.filter((ingress) => !gone.has(ingress));
  const after = [...rest, ...come].sort(compareAge);
  return after.length === 0 ? undefined : after;
}
