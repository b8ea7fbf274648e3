import { isIP } from "node:net";
import { cutFairly } from "#src/collections/cut-fairly.ts";
import { fewestOwners } from "#src/collections/fewest-owner.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { doubledMs } from "#src/process/back-off.ts";
import { type Asked, DueQuestions } from "#ingress/due-questions.ts";
import type { ResolveByTtl, ResolvedName } from "./resolve-by-ttl.ts";

export interface ExternalNamesOptions {
  readonly resolve: ResolveByTtl;
  /** Whether requests may be sent to an address. */
  readonly isReachable: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
  /** Called when addresses or Problems are others than before. */
  readonly onChange: () => void;
}

/** What is known of one name. */
interface KnownName extends Asked {
  readonly name: string;
  /** Keys of the Services that lead to it. */
  services: ReadonlySet<string>;
  /** The namespace that it counts for: of those with such a Service the one with the fewest names. */
  owner: string;
  addresses: readonly string[];
  /** Why it has no addresses; undefined: it has, or was not asked for yet. */
  why: string | undefined;
  dueMs: number;
  failures: number;
}

/** Names that are looked up: each is asked for again when its TTL is over. No namespace keeps the names of others out. */
const MAX_NAMES = 1_024;
/** Questions under way at once, of one namespace half of them at most: DNS may take its time for names of some. */
const MAX_ASKED = 32;
/** DNS may say any TTL: a shorter one counts as this, and a longer one as that. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 3_600_000;
/** After questions without an answer. */
const RETRY = { firstMs: 1_000, longestMs: 30_000 };

const NONE: readonly string[] = [];

/**
 * The addresses of the names that Services of type ExternalName have, kept for as long as DNS says. Where DNS does not answer,
 * the last ones count; addresses that may not be asked are left out.
 */
export class ExternalNames {
  readonly #options: ExternalNamesOptions;
  readonly #known = new Map<string, KnownName>();
  readonly #nameOf = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #questions: DueQuestions<KnownName>;
  #unfollowed: readonly string[] = [];

  constructor(options: ExternalNamesOptions) {
    const { clockMs } = options;
    this.#options = options;
    const ask = (known: KnownName) => this.#ask(known);
    this.#questions = new DueQuestions({ known: this.#known, ask, maxAsked: MAX_ASKED, clockMs });
  }

  /** Resolves when all names that are followed now were asked for. */
  get settled(): Promise<unknown> {
    return this.#questions.settled;
  }

  /** Looks these names up from now on, by the `namespace/name` of their Services, and no others. */
  follow(names: ReadonlyMap<string, string>): void {
    const byName = Map.groupBy(names, ([, name]) => name);
    const owners = ownersOf(byName);
    const ownerOf = ([name]: readonly [string, unknown]) => owners.get(name) ?? "";
    const followed = new Map(cutFairly([...byName], { max: MAX_NAMES, ownerOf }));
    const left = [...byName].filter(([name]) => !followed.has(name));
    this.#unfollowed = left.flatMap(([, entries]) => entries.map(([service]) => service));
    for (const service of this.#nameOf.keys()) if (!names.has(service)) this.#nameOf.delete(service);
    for (const name of this.#known.keys()) if (!followed.has(name)) this.#known.delete(name);
    for (const [name, entries] of followed) {
      const owner = owners.get(name) ?? "";
      const services = new Set(entries.map(([service]) => service));
      for (const service of services) {
        if (this.#nameOf.get(service) === name) continue;
        this.#nameOf.set(service, name);
        this.#changed.add(service);
      }
      const known = this.#known.get(name);
      if (known === undefined) this.#known.set(name, newName({ name, services, owner }, this.#options.clockMs()));
      else Object.assign(known, { services, owner });
    }
    this.#questions.askDue();
  }

  /** Of a Service: the addresses of its name that may be asked. */
  addressesOf(service: string): readonly string[] {
    return this.#known.get(this.#nameOf.get(service) ?? "")?.addresses ?? NONE;
  }

  /** The Services whose addresses may be others than at the last call. */
  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** What is wrong with names, for each Service. */
  problems(): readonly Problem[] {
    const unusable = [...this.#known.values()].flatMap(({ name, services, why }) =>
      why === undefined ? [] : Array.from(services, (service) => nameUnusable(service, name, why)),
    );
    const why = `the Services that Ingresses name lead to more than ${MAX_NAMES} names`;
    return [...unusable, ...this.#unfollowed.map((service) => nameUnusable(service, "its name", why))];
  }

  close(): void {
    this.#questions.close();
  }

  async #ask(known: KnownName): Promise<void> {
    const { clockMs, onChange } = this.#options;
    const [before, whyBefore] = [known.addresses, known.why];
    await this.#find(known);
    if (this.#known.get(known.name) !== known) return;
    known.dueMs = Math.max(known.dueMs, clockMs() + 1);
    const isSame = known.addresses.length === before.length && known.addresses.every((one) => before.includes(one));
    if (!isSame) for (const service of known.services) this.#changed.add(service);
    if (!this.#questions.isClosed && (!isSame || known.why !== whyBefore)) onChange();
  }

  async #find(known: KnownName): Promise<void> {
    const { resolve, isReachable, clockMs } = this.#options;
    const { name } = known;
    try {
      const { addresses, ttlMs } = await (addressesWithout(name) ?? resolve(name));
      known.addresses = addresses.filter(isReachable).sort();
      known.why = known.addresses.length > 0 ? undefined : whyWithout(addresses[0], name);
      known.failures = 0;
      known.dueMs = clockMs() + Math.min(Math.max(ttlMs, MIN_TTL_MS), MAX_TTL_MS);
    } catch {
      known.dueMs = clockMs() + doubledMs(RETRY, known.failures);
      known.failures += 1;
      if (known.addresses.length === 0) known.why = "DNS does not answer";
    }
  }
}

/** What needs no question to DNS: an address, and the names of the machine itself, whatever DNS says (RFC 6761 section 6.3). */
function addressesWithout(name: string): ResolvedName | undefined {
  if (isIP(name) !== 0) return { addresses: [name], ttlMs: MAX_TTL_MS };
  return /(?:^|\.)localhost$/i.test(name) ? { addresses: ["127.0.0.1"], ttlMs: MAX_TTL_MS } : undefined;
}

type Entries = readonly (readonly [service: string, name: string])[];

/** The namespace that each name counts for. */
function ownersOf(byName: ReadonlyMap<string, Entries>): ReadonlyMap<string, string> {
  return fewestOwners(new Map(Array.from(byName, ([name, entries]) => [name, new Set(entries.map(namespaceOf))])));
}

function namespaceOf([service]: Entries[number]): string {
  return service.slice(0, service.indexOf("/"));
}

function newName(of: Pick<KnownName, "name" | "services" | "owner">, nowMs: number): KnownName {
  return { ...of, addresses: NONE, why: undefined, dueMs: nowMs, failures: 0, asking: undefined };
}

function whyWithout(refused: string | undefined, name: string): string {
  if (refused === undefined) return `DNS has no address of ${name}`;
  return `${refused} is an address that a machine uses for itself, or of this node`;
}

function nameUnusable(service: string, name: string, why: string): Problem {
  return {
    code: "EXTERNAL_NAME_UNUSABLE",
    at: objectAt("Service", service, "spec.externalName"),
    what: `Cannot send requests to ${name}`,
    why,
    fix: "Write a name that has addresses outside of this node. Until then requests are answered 503",
    severity: "error",
  };
}
