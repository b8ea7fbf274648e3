import { wildcardOf } from "#src/routing/host.ts";
import type { CertificateClaims } from "./certificate-claims.ts";
import { covers } from "./find-certificate-faults.ts";
import type { Certificate } from "./read-certificate.ts";

/**
 * Which certificate is served for which host, of those that can be served (by the `namespace/name` of their Secret): of the
 * Secrets that are claimed for a host the first that is for it, otherwise the first; for a host that no entry names, and for
 * an alias, the first of those of its Ingress or its host that is for it; and the names in certificates that are claimed for
 * no host, where no Ingress claims these.
 */
export function certificatesByHost(
  claims: CertificateClaims,
  usable: ReadonlyMap<string, Certificate>,
): ReadonlyMap<string, Certificate> {
  const found = new Map<string, Certificate>();
  const choose = certificateChoice(claims, usable);
  const ownNames = Array.from(claims.byOwnNames).flatMap((key) => [...(usable.get(key)?.names ?? [])]);
  for (const host of [claims.byHost, claims.unnamed, claims.aliases]
    .flatMap((map) => [...map.keys()])
    .concat(ownNames)) {
    const certificate = choose(host);
    if (certificate !== undefined) found.set(host, certificate);
  }
  return found;
}

/** Chooses the certificate for a host (`certificatesByHost`); undefined: there is none. */
export function certificateChoice(
  { byHost, byOwnNames, aliases, unnamed }: CertificateClaims,
  usable: ReadonlyMap<string, Certificate>,
): (host: string) => Certificate | undefined {
  const byName = new Map<string, Certificate>();
  for (const key of byOwnNames) {
    const certificate = usable.get(key);
    for (const name of certificate?.names ?? [])
      if (certificate !== undefined && !byName.has(name)) byName.set(name, certificate);
  }
  const usableOf = (keys: readonly string[] = []) => keys.flatMap((key) => usable.get(key) ?? []);
  return (host) => {
    const keys = byHost.get(host);
    if (keys !== undefined) {
      const certificates = usableOf(keys);
      return certificates.find((one) => covers(one, host)) ?? certificates[0];
    }
    const main = aliases.get(host);
    const ofMain = main === undefined ? undefined : (byHost.get(main) ?? unnamed.get(main));
    const isFor = (one: Certificate): boolean => covers(one, host);
    return usableOf(unnamed.get(host)).find(isFor) ?? usableOf(ofMain).find(isFor) ?? byName.get(host);
  };
}

/** What is served for a host: its own, otherwise that of its wildcard; undefined: the default certificate. */
export function servedFor<T>(byHost: ReadonlyMap<string, T>, host: string): T | undefined {
  return byHost.get(host) ?? byHost.get(wildcardOf(host) ?? "");
}
