import { checkServerIdentity, createSecureContext, type DetailedPeerCertificate } from "node:tls";
import type { EndpointTls } from "#src/filters/endpoint-tls.ts";
import { parseIp } from "#src/ip/address.ts";
import type { CertificateSecret } from "#src/tls/certificate-secret.ts";
import type { EndpointSecurity, NoSecurity } from "#ingress/engine/endpoints/endpoint-security.ts";
import { RecentMap } from "#src/collections/recent-map.ts";
import type { SecureTarget } from "#ingress/io/secure-target.ts";
import { intermediates } from "./intermediates.ts";

/** More than a cluster has: beyond, those that were asked for longest ago are made again. */
const MAX_TARGETS = 4_096;
/** Sessions of one target: one for each of its endpoints. */
const MAX_SESSIONS = 1_024;

interface KnownTarget {
  /** As it was when the target was made. */
  readonly secret: CertificateSecret | undefined;
  readonly target: SecureTarget | NoSecurity;
}

/** How TLS is spoken to endpoints: one target for all that say the same, until their Secret changes. */
export class EndpointTargets implements EndpointSecurity {
  #secrets: ReadonlyMap<string, CertificateSecret> = new Map();
  readonly #known = new RecentMap<KnownTarget>(MAX_TARGETS);

  /** Certificates from now on, by `namespace/name`. Where one is missing no endpoint is asked. */
  useSecrets(secrets: ReadonlyMap<string, CertificateSecret>): void {
    this.#secrets = secrets;
  }

  targetOf(tls: EndpointTls, serviceName: string, protocol: SecureTarget["protocol"]): SecureTarget | NoSecurity {
    const secret = tls.secret === undefined ? undefined : this.#secrets.get(tls.secret);
    if (tls.secret !== undefined && secret === undefined) return "closed-secret";
    if (tls.secret !== undefined && tls.verifies && secret?.authoritiesPem === undefined) return "closed-secret";
    const name = tls.name ?? serviceName;
    const key = `${protocol} ${name} ${tls.key}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.secret === secret) return known.target;
    const target = makeTarget({ tls, name, protocol }, secret);
    this.#known.set(key, { secret, target });
    return target;
  }
}

function makeTarget(
  {
    tls,
    name,
    protocol,
  }: { readonly tls: EndpointTls; readonly name: string; readonly protocol: SecureTarget["protocol"] },
  secret: CertificateSecret | undefined,
): SecureTarget | NoSecurity {
  const { verifies, sendsName, depth, ciphers, versions } = tls;
  try {
    const context = createSecureContext({
      minVersion: versions.lowest,
      maxVersion: versions.highest,
      ...(ciphers !== undefined && { ciphers }),
      ...(secret?.pair && { cert: secret.pair.certificatePem, key: secret.pair.privateKeyPem }),
      ...(secret?.authoritiesPem !== undefined && { ca: secret.authoritiesPem }),
      ...(secret?.revocationPems && { crl: [...secret.revocationPems] }),
    });
    return {
      protocol,
      context,
      sentName: sendsName && parseIp(name) === undefined ? name : undefined,
      verify: verifies ? (certificate) => whyUntrusted(certificate, name, depth) : undefined,
      sessions: new RecentMap<Buffer>(MAX_SESSIONS),
    };
  } catch {
    // OpenSSL knows none of the cipher suites.
    return "closed-unsupported";
  }
}

/** What is wrong with a certificate whose chain leads to one of the authorities. */
function whyUntrusted(certificate: DetailedPeerCertificate, name: string, depth: number): Error | undefined {
  if (intermediates(certificate) > depth) return new Error("too many authorities between");
  return checkServerIdentity(name, certificate);
}
