import { byAge } from "#src/assignment/by-age.ts";
import { comparePlans } from "#src/assignment/compare-plans.ts";
import { ownAddresses } from "#src/assignment/own-addresses.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import { settledPlan } from "#src/assignment/settled-plan.ts";
import { unsettledProblems } from "#src/assignment/unsettled-problems.ts";
import { equalIps, includesIp, type Ip, printIp } from "#src/ip/address.ts";
import { without } from "#src/model/leaving-addresses.ts";
import { findRange, type Pool, whyClosed } from "#src/model/pool.ts";
import { settingOf } from "#src/model/setting-of.ts";
import { RELEASE_ANNOTATION } from "#src/model/service-status.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Service } from "#src/model/service.ts";
import { readInstallation } from "./seen-installation.ts";
import { snapshotOf } from "./snapshot-of.ts";
import type { StatusInput } from "./status-input.ts";

/** What a person wants to be released: of these Services (all where there are none) one address, or what is orphaned; or all of a pool. */
export interface ReleaseWish {
  /** `namespace/name`. */
  readonly services: readonly string[];
  readonly address: Ip | undefined;
  readonly pool: string | undefined;
}

/** An address that is to be released, and what is to become of it. */
interface AddressRelease {
  readonly from: string;
  /** The address that takes its place; undefined where another one that the Service has does, or where it cannot be released. */
  readonly to: string | undefined;
  /** Why the Service keeps it; undefined where it does not. */
  readonly why: string | undefined;
}

/** The addresses of one Service that are to be released: at least one. */
export interface ServiceRelease {
  readonly service: string;
  readonly addresses: readonly AddressRelease[];
}

/** What is to be released, the oldest Service first as the controller serves them; or why nothing of that can be. */
export type ReleasePlan =
  | {
      readonly ok: true;
      readonly releases: readonly ServiceRelease[];
      /** What a person may not expect, in sentences. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** Finds what a wish is about, and foretells with the controller's planner where it goes. It changes nothing. */
export function planRelease(input: StatusInput, wish: ReleaseWish): ReleasePlan {
  const seen = readInstallation(input);
  if (!seen.hasConfig)
    return { ok: false, why: "the configuration cannot be used, so it is not known which pools there are" };
  const now = snapshotOf(seen, input);
  const { assignments } = planAssignments(now);
  const held = (service: Service): readonly Ip[] => {
    const assignment = assignments.get(service.key);
    if (assignment === undefined || assignment.kind === "ignore") return [];
    const own = ownAddresses(assignment);
    // What is exchanged at the moment for another reason goes anyway.
    return service.assignedAddresses.filter((ip) => includesIp(own, ip));
  };
  const services = [...now.services.values()].sort(byAge);
  const selected = select(services, { wish, pools: seen.pools, held });
  if (!selected.ok) return selected;
  const wanted = selected.releases;
  const objects = new Map((input.services ?? []).map((object) => [keyOf(object.metadata), object]));
  for (const [key, ips] of wanted) {
    const object = objects.get(key);
    if (object !== undefined) objects.set(key, withRelease(object, ips.map(printIp)));
  }
  const changed = { ...input, services: [...objects.values()] };
  const then = snapshotOf(readInstallation(changed), changed);
  const settled = settledPlan(then);
  const after = settled.assignments;
  const { move } = comparePlans({ snapshot: now, assignments }, { snapshot: then, assignments: after });
  const releases = [...wanted].map(([service, ips]): ServiceRelease => {
    const { addresses = [], message } = after.get(service) ?? {};
    return {
      service,
      addresses: ips.map((ip) => {
        const from = printIp(ip);
        const isKept = includesIp(addresses, ip);
        const to = move.find((one) => one.service === service && one.from === from)?.to;
        return { from, to, why: isKept ? (message ?? "") : undefined };
      }),
    };
  });
  const unsettled = unsettledProblems(settled).map(({ what, why }) => `${what}: ${why}.`);
  return { ok: true, releases, notes: [...selected.notes, ...unsettled] };
}

/** A Service with these addresses in its wish, beside those that are there. */
function withRelease(object: KubeObject, addresses: readonly string[]): KubeObject {
  const annotations = { ...object.metadata.annotations, [RELEASE_ANNOTATION]: releaseText(object, addresses) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** What the annotation of the wish says with these addresses added. */
export function releaseText({ metadata }: KubeObject, addresses: readonly string[]): string {
  return [...new Set([...releaseEntries(metadata.annotations[RELEASE_ANNOTATION]), ...addresses])].join(",");
}

/** What the annotation of the wish says without these addresses; undefined where nothing is left. */
export function releaseTextWithout({ metadata }: KubeObject, addresses: readonly string[]): string | undefined {
  const left = releaseEntries(metadata.annotations[RELEASE_ANNOTATION]).filter((one) => !addresses.includes(one));
  return left.length === 0 ? undefined : left.join(",");
}

function releaseEntries(text = ""): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

interface Selection {
  readonly wish: ReleaseWish;
  readonly pools: readonly Pool[];
  /** What a Service has and keeps as things are. */
  held(service: Service): readonly Ip[];
}

type Selected =
  | { readonly ok: true; readonly releases: ReadonlyMap<string, readonly Ip[]>; readonly notes: readonly string[] }
  | { readonly ok: false; readonly why: string };

function select(services: readonly Service[], selection: Selection): Selected {
  const { wish } = selection;
  if (wish.pool !== undefined) return selectPool(services, wish.pool, selection);
  const named = wish.services.length === 0 ? services : services.filter(({ key }) => wish.services.includes(key));
  const missing = wish.services.find((key) => !named.some((service) => service.key === key));
  if (missing !== undefined)
    return { ok: false, why: `Service ${missing} cannot be read: hawser explain ${missing} says why` };
  return wish.address === undefined ? selectOrphans(named, selection) : selectAddress(named, wish.address, selection);
}

function selectAddress(services: readonly Service[], address: Ip, { wish, pools, held }: Selection): Selected {
  const releases = collect(services, (service) => held(service).filter((ip) => equalIps(ip, address)));
  const text = printIp(address);
  const without = wish.services.filter((key) => !releases.has(key));
  if (without.length > 0) return { ok: false, why: `${without.join(" and ")} does not have ${text}` };
  if (releases.size === 0) return { ok: false, why: `no Service that Hawser serves has ${text}` };
  const pool = findRange(pools, address)?.pool;
  if (pool === undefined || pool.isDisabled || whyClosed(pool, address) !== undefined)
    return { ok: true, releases, notes: [] };
  const note = `Pool "${pool.name}" assigns ${text} to other Services when it has rested. To prevent that, write it under ${settingOf(pool, "excluded-addresses")}.`;
  return { ok: true, releases, notes: [note] };
}

function selectOrphans(services: readonly Service[], { pools, held }: Selection): Selected {
  const isOrphan = (ip: Ip): boolean => findRange(pools, ip) === undefined;
  const releases = collect(services, (service) => held(service).filter(isOrphan));
  const notes = services
    .filter(({ key }) => !releases.has(key))
    .map(({ key }) => `${key} has no orphaned address. To release one that a pool contains, name it with --address.`);
  return { ok: true, releases, notes };
}

/** All of a pool that assigns nothing any longer; of one that does, only what it no longer contains. */
function selectPool(services: readonly Service[], name: string, { pools, held }: Selection): Selected {
  const pool = pools.find((one) => one.name === name);
  const poolOf = (ip: Ip): string | undefined => findRange(pools, ip)?.pool.name;
  const orphansOf = (service: Service): readonly Ip[] =>
    service.allocatedFrom?.split(",").includes(name) === true
      ? held(service).filter((ip) => poolOf(ip) === undefined)
      : [];
  const insideOf = (service: Service): readonly Ip[] => held(service).filter((ip) => poolOf(ip) === name);
  const orphans = collect(services, orphansOf);
  const all = collect(services, (service) => [...insideOf(service), ...without(orphansOf(service), insideOf(service))]);
  if (pool === undefined && all.size === 0)
    return { ok: false, why: `there is no pool "${name}", and no Service has an address from a pool of this name` };
  if (pool === undefined || pool.isDisabled) return { ok: true, releases: all, notes: [] };
  if (orphans.size === 0)
    return {
      ok: false,
      why: `pool "${name}" still assigns addresses, so its Services would get others of the same pool. Write ${howToDisable(pool)} in the pool first`,
    };
  const note = `Pool "${name}" still assigns addresses: only those that it no longer contains are released. To release all, write ${howToDisable(pool)} in the pool first.`;
  return { ok: true, releases: orphans, notes: [note] };
}

/** An annotation is a text. */
function howToDisable(pool: Pool): string {
  return `${settingOf(pool, "disabled")}: ${pool.resource === undefined ? "true" : '"true"'}`;
}

function collect(
  services: readonly Service[],
  addressesOf: (service: Service) => readonly Ip[],
): ReadonlyMap<string, readonly Ip[]> {
  const found = services.map((service) => [service.key, addressesOf(service)] as const);
  return new Map(found.filter(([, ips]) => ips.length > 0));
}
