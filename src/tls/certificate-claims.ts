import { addToSet } from "#src/collections/add-to-set.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { compareAge } from "#src/routing/ingress/routing-snapshot.ts";

/** Which Secret (`namespace/name`) has the certificate for what, as `spec.tls` of the Ingresses says. */
export interface CertificateClaims {
  /** By host: that of the oldest Ingress first. The others are there for the case that it cannot be served. */
  readonly byHost: ReadonlyMap<string, readonly string[]>;
  /** Secrets of entries without hosts on Ingresses without hosts: each is served for the names in its certificate. */
  readonly byOwnNames: ReadonlySet<string>;
  /** Further names of hosts (`server-alias`), where no entry of any Ingress names them: the certificates of the host, if they are for the name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Hosts of rules that no entry names, by the Ingress that has them: the Secrets of its entries, if their certificates are for the host. */
  readonly unnamed: ReadonlyMap<string, readonly string[]>;
  /** The hosts that each Secret is claimed for. */
  readonly hostsBySecret: ReadonlyMap<string, ReadonlySet<string>>;
  /** The oldest Ingress that names each Secret: Events about the Secret go to it. */
  readonly namedBy: ReadonlyMap<string, Ingress>;
}

/** Claims on one host that are kept: more are of no use, and any Ingress may name any host. */
export const MAX_CLAIMS_PER_HOST = 16;

/** What one Ingress says of certificates. */
export interface TlsClaims {
  /** Of rules, without those that annotations add. */
  readonly hosts: readonly string[];
  readonly aliases: readonly (readonly [host: string, aliasOf: string])[];
  /** Entries with a Secret. An entry without hosts is for all hosts of the rules. */
  readonly entries: readonly { readonly secretKey: string; readonly hosts: readonly string[] }[];
}

/** Most Ingresses stay as they are when claims are collected again. */
const ownClaims = new WeakMap<Ingress, TlsClaims>();

/** Collects the claims of Ingresses; for a host that several claim the oldest Ingress goes first. */
export function certificateClaims(ingresses: readonly Ingress[]): CertificateClaims {
  const byHost = new Map<string, string[]>();
  const byOwnNames = new Set<string>();
  const namedBy = new Map<string, Ingress>();
  const aliases = new Map<string, string>();
  const unnamed = new Map<string, string[]>();
  const claiming = ingresses.filter(({ tls }) => tls.length > 0).sort(compareAge);
  for (const ingress of claiming) {
    const own = ownClaimsOf(ingress);
    for (const [host, aliasOf] of own.aliases) if (!aliases.has(host)) aliases.set(host, aliasOf);
    for (const { secretKey, hosts } of own.entries) {
      if (!namedBy.has(secretKey)) namedBy.set(secretKey, ingress);
      for (const host of hosts) addClaim(byHost, host, secretKey);
      if (hosts.length === 0) byOwnNames.add(secretKey);
    }
  }
  for (const ingress of claiming) {
    const { hosts, entries } = ownClaimsOf(ingress);
    for (const host of hosts)
      if (!byHost.has(host)) for (const { secretKey } of entries) addClaim(unnamed, host, secretKey);
  }
  return { byHost, byOwnNames, aliases, unnamed, hostsBySecret: hostsBySecret(byHost), namedBy };
}

/** What an Ingress says of certificates. */
export function ownClaimsOf(ingress: Ingress): TlsClaims {
  const known = ownClaims.get(ingress);
  if (known !== undefined) return known;
  const { namespace, rules, tls } = ingress;
  const hosts = ruleHosts(ingress);
  const found: TlsClaims = {
    hosts,
    aliases: rules.flatMap(({ host, aliasOf }) => (aliasOf === undefined ? [] : [[host, aliasOf] as const])),
    entries: tls.flatMap((entry) => {
      if (entry.secretName === undefined) return [];
      return [{ secretKey: `${namespace}/${entry.secretName}`, hosts: entry.hosts.length > 0 ? entry.hosts : hosts }];
    }),
  };
  ownClaims.set(ingress, found);
  return found;
}

/** Adds a Secret to those of a host, once, and while there are not too many. */
export function addClaim(byHost: Map<string, string[]>, host: string, secretKey: string): void {
  const claims = byHost.get(host);
  if (claims === undefined) byHost.set(host, [secretKey]);
  else if (claims.length < MAX_CLAIMS_PER_HOST && !claims.includes(secretKey)) claims.push(secretKey);
}

function ruleHosts({ rules }: Ingress): readonly string[] {
  return rules.filter(({ isAdded }) => isAdded !== true).flatMap(({ host }) => (host === "" ? [] : [host]));
}

/** The hosts that `tls` entries of these Ingresses are for, also those of entries without a Secret. */
export function namedHosts(ingresses: readonly Ingress[]): ReadonlySet<string> {
  const named = ingresses.flatMap((ingress) =>
    ingress.tls.flatMap(({ hosts }) => (hosts.length > 0 ? hosts : ruleHosts(ingress))),
  );
  return new Set(named.filter((host) => host !== ""));
}

/** All Secrets that are claimed. */
export function claimedSecrets({ namedBy }: CertificateClaims): ReadonlySet<string> {
  return new Set(namedBy.keys());
}

function hostsBySecret(byHost: CertificateClaims["byHost"]): CertificateClaims["hostsBySecret"] {
  const hosts = new Map<string, Set<string>>();
  for (const [host, claims] of byHost) for (const secretKey of claims) addToSet(hosts, secretKey, host);
  return hosts;
}
