import { wildcardOf } from "#src/routing/host.ts";
import type { CertificateClaims } from "./certificate-claims.ts";
import { covers } from "./find-certificate-faults.ts";
import type { Certificate } from "./read-certificate.ts";

/**
 * Which certificate is served for which host, of those that can be served (by the `namespace/name` of their Secret): of the
 * Secrets that are claimed for a host the first that is for it, otherwise the first; of those of its host the first that is
 * for an alias, where no Ingress claims this; and the names in certificates that are
 * claimed for no host, where no Ingress claims these.
 */
export function certificatesByHost(
  { byHost, byOwnNames, aliases }: CertificateClaims,
  usable: ReadonlyMap<string, Certificate>,
): ReadonlyMap<string, Certificate> {
  const found = new Map<string, Certificate>();
  for (const [host, keys] of byHost) {
    const certificates = keys.flatMap((key) => usable.get(key) ?? []);
    const certificate = certificates.find((one) => covers(one, host)) ?? certificates[0];
    if (certificate !== undefined) found.set(host, certificate);
  }
  for (const [alias, host] of aliases) {
    const certificates = (byHost.get(host) ?? []).flatMap((key) => usable.get(key) ?? []);
    const certificate = byHost.has(alias) ? undefined : certificates.find((one) => covers(one, alias));
    if (certificate !== undefined) found.set(alias, certificate);
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
