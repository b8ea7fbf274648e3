import type { Ingress } from "#src/model/ingress.ts";
import { compareAge } from "#src/routing/routing-snapshot.ts";

/** Which Secret (`namespace/name`) has the certificate for what, as `spec.tls` of the Ingresses says. */
export interface CertificateClaims {
  /** By host. */
  readonly byHost: ReadonlyMap<string, string>;
  /** Secrets of entries without hosts on Ingresses without hosts: each is served for the names in its certificate. */
  readonly byOwnNames: ReadonlySet<string>;
  /** The oldest Ingress that names each Secret: Events about the Secret go to it. */
  readonly namedBy: ReadonlyMap<string, Ingress>;
}

/** Collects the claims of Ingresses; for a host that several claim the oldest Ingress wins. */
export function certificateClaims(ingresses: readonly Ingress[]): CertificateClaims {
  const byHost = new Map<string, string>();
  const byOwnNames = new Set<string>();
  const namedBy = new Map<string, Ingress>();
  for (const ingress of ingresses.filter(({ tls }) => tls.length > 0).sort(compareAge)) {
    for (const { hosts, secretName } of ingress.tls) {
      if (secretName === undefined) continue;
      const secretKey = `${ingress.namespace}/${secretName}`;
      if (!namedBy.has(secretKey)) namedBy.set(secretKey, ingress);
      // An entry without hosts is for all hosts of its rules.
      const claimed = hosts.length > 0 ? hosts : ruleHosts(ingress);
      for (const host of claimed) if (!byHost.has(host)) byHost.set(host, secretKey);
      if (claimed.length === 0) byOwnNames.add(secretKey);
    }
  }
  return { byHost, byOwnNames, namedBy };
}

function ruleHosts({ rules }: Ingress): readonly string[] {
  return rules.filter(({ isAdded }) => isAdded !== true).flatMap(({ host }) => (host === "" ? [] : [host]));
}

/** All Secrets that are claimed. */
export function claimedSecrets({ namedBy }: CertificateClaims): ReadonlySet<string> {
  return new Set(namedBy.keys());
}

/** The hosts that each Secret is claimed for. */
export function hostsBySecret({ byHost }: CertificateClaims): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const [host, secretKey] of byHost) {
    const list = hosts.get(secretKey);
    if (list === undefined) hosts.set(secretKey, [host]);
    else list.push(host);
  }
  return hosts;
}
