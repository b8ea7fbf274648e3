import { put } from "#src/collections/put.ts";
import { addToSet, removeFromSet } from "#src/collections/add-to-set.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { AgedClaims } from "./aged-claims.ts";
import { addClaim, type CertificateClaims, type TlsClaims, ownClaimsOf } from "./certificate-claims.ts";

/** What changes of Ingresses touch of the claims on certificates. */
export interface TouchedClaims {
  readonly hosts: ReadonlySet<string>;
  /** `namespace/name`. */
  readonly secrets: ReadonlySet<string>;
}

/** An Ingress as it is now; undefined: there is none, or it is not ours. */
interface Latest {
  readonly key: string;
  readonly after: Ingress | undefined;
}

/** The claims of Ingresses as `certificateClaims` collects them, kept so that a change costs what it touches, and not what there is. */
export class ClaimIndex implements CertificateClaims {
  readonly byHost = new Map<string, readonly string[]>();
  byOwnNames: ReadonlySet<string> = new Set();
  readonly aliases = new Map<string, string>();
  readonly unnamed = new Map<string, readonly string[]>();
  readonly namedBy = new Map<string, Ingress>();
  /** The hosts that each Secret is claimed for. */
  readonly hostsBySecret = new Map<string, Set<string>>();
  /** Those with `tls` entries, by their keys. */
  readonly #claiming = new Map<string, Ingress>();
  /** By host: the Secrets of entries for it. */
  readonly #ofEntries = new AgedClaims();
  /** By host of a rule: the Secrets of all entries of its Ingress. */
  readonly #ofRules = new AgedClaims();
  /** By further name: the hosts that it is one of. */
  readonly #ofAliases = new AgedClaims();
  /** By Secret: who names it. */
  readonly #ofSecrets = new AgedClaims();
  /** Under one name: Secrets of entries that are for no host. */
  readonly #ofOwnNames = new AgedClaims();
  /** The further names of a host. */
  readonly #aliasesOf = new Map<string, Set<string>>();

  /** Takes these Ingresses in the place of what they were. */
  update(changes: readonly Latest[]): TouchedClaims {
    const touched = { hosts: new Set<string>(), secrets: new Set<string>() };
    let hasOwnNames = false;
    for (const { key, after } of changes) {
      const before = this.#claiming.get(key);
      const now = after !== undefined && after.tls.length > 0 ? after : undefined;
      if (before === now) continue;
      const same = before !== undefined && now !== undefined && saysTheSame(before, now);
      for (const [ingress, isThere] of [[before, false] as const, [now, true] as const]) {
        if (ingress === undefined) continue;
        const own = ownClaimsOf(ingress);
        this.#place(ingress, own, isThere);
        if (same) continue;
        touch(own, touched);
        hasOwnNames ||= own.entries.some(({ hosts }) => hosts.length === 0);
      }
      if (same) for (const { secretKey } of ownClaimsOf(now).entries) this.#settleSecret(secretKey);
    }
    if (hasOwnNames) this.byOwnNames = new Set(this.#ofOwnNames.of(""));
    for (const secretKey of touched.secrets) this.#settleSecret(secretKey);
    for (const host of touched.hosts) this.#settleHost(host);
    for (const host of touched.hosts) for (const alias of this.#aliasesOf.get(host) ?? []) touched.hosts.add(alias);
    return touched;
  }

  /** All hosts for which another certificate may be served when that of a Secret is another one. */
  hostsOf(secretKey: string): ReadonlySet<string> {
    const hosts = new Set<string>();
    for (const ingress of this.#ofSecrets.ingressesOf(secretKey))
      touch(ownClaimsOf(ingress), { hosts, secrets: new Set() });
    for (const host of hosts) for (const alias of this.#aliasesOf.get(host) ?? []) hosts.add(alias);
    return hosts;
  }

  #place(ingress: Ingress, { hosts, aliases, entries }: TlsClaims, isThere: boolean): void {
    if (isThere) this.#claiming.set(ingress.key, ingress);
    else this.#claiming.delete(ingress.key);
    const place = (claims: AgedClaims, name: string, values: readonly string[]): void =>
      isThere ? claims.add(name, ingress, values) : claims.remove(name, ingress);
    const byHost = new Map<string, string[]>();
    for (const { secretKey, hosts: named } of entries) for (const host of named) addClaim(byHost, host, secretKey);
    for (const [host, secretKeys] of byHost) place(this.#ofEntries, host, secretKeys);
    const secretKeys = new Set(entries.map(({ secretKey }) => secretKey));
    for (const host of new Set(hosts)) place(this.#ofRules, host, [...secretKeys]);
    for (const [alias, host] of new Map(aliases.toReversed())) place(this.#ofAliases, alias, [host]);
    for (const secretKey of secretKeys) place(this.#ofSecrets, secretKey, []);
    const ownNames = entries.flatMap((entry) => (entry.hosts.length === 0 ? [entry.secretKey] : []));
    if (ownNames.length > 0) place(this.#ofOwnNames, "", ownNames);
  }

  #settleSecret(secretKey: string): void {
    const [oldest] = this.#ofSecrets.ingressesOf(secretKey);
    if (oldest === undefined) this.namedBy.delete(secretKey);
    else this.namedBy.set(secretKey, oldest);
  }

  #settleHost(host: string): void {
    const before = this.byHost.get(host) ?? [];
    const after = this.#ofEntries.first(host);
    put(this.byHost, host, after);
    for (const secretKey of before)
      if (after?.includes(secretKey) !== true) removeFromSet(this.hostsBySecret, secretKey, host);
    for (const secretKey of after ?? []) addToSet(this.hostsBySecret, secretKey, host);
    const ofRules = after === undefined ? this.#ofRules.first(host) : undefined;
    put(this.unnamed, host, ofRules?.length === 0 ? undefined : ofRules);
    const [aliasOf] = this.#ofAliases.first(host) ?? [];
    const was = this.aliases.get(host);
    if (was !== undefined) removeFromSet(this.#aliasesOf, was, host);
    put(this.aliases, host, aliasOf);
    if (aliasOf !== undefined) addToSet(this.#aliasesOf, aliasOf, host);
  }
}

/** Whether an Ingress claims after a change what it claimed before it, in the same place among others. */
function saysTheSame(before: Ingress, after: Ingress): boolean {
  if (before.createdMs !== after.createdMs) return false;
  return JSON.stringify(ownClaimsOf(before)) === JSON.stringify(ownClaimsOf(after));
}

function touch(
  { hosts, aliases, entries }: TlsClaims,
  touched: { readonly hosts: Set<string>; readonly secrets: Set<string> },
): void {
  for (const host of hosts) touched.hosts.add(host);
  for (const [alias] of aliases) touched.hosts.add(alias);
  for (const { secretKey, hosts: named } of entries) {
    touched.secrets.add(secretKey);
    for (const host of named) touched.hosts.add(host);
  }
}
