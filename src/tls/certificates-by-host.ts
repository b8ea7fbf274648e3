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
  { byHost, byOwnNames, aliases, unnamed }: CertificateClaims,
  usable: ReadonlyMap<string, Certificate>,
): ReadonlyMap<string, Certificate> {
  const found = new Map<string, Certificate>();
  const usableOf = (keys: readonly string[] = []) => keys.flatMap((key) => usable.get(key) ?? []);
  for (const [host, keys] of byHost) {
    const certificates = usableOf(keys);
    const certificate = certificates.find((one) => covers(one, host)) ?? certificates[0];
    if (certificate !== undefined) found.set(host, certificate);
  }
  const others = [
    ...unnamed,
    ...Array.from(aliases, ([alias, host]) => [alias, byHost.get(host) ?? unnamed.get(host)] as const),
  ];
  for (const [host, keys] of others) {
    const certificate = usableOf(keys).find((one) => covers(one, host));
    if (certificate !== undefined && !byHost.has(host) && !found.has(host)) found.set(host, certificate);
  }
  for (const key of byOwnNames) {
    const certificate = usable.get(key);
    for (const name of certificate?.names ?? [])
      if (certificate !== undefined && !found.has(name) && !byHost.has(name)) found.set(name, certificate);
  }
  return found;
}

/** What is served for a host: its own, otherwise that of its wildcard; undefined: the default certificate. */
export function servedFor<T>(byHost: ReadonlyMap<string, T>, host: string): T | undefined {
  return byHost.get(host) ?? byHost.get(wildcardOf(host) ?? "");
}
