import type { Certificate } from "#src/tls/read-certificate.ts";
import type { CertificateUpdate } from "#ingress/server/serving-update.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";
import type { KeyPair } from "#ingress/tls/self-signed.ts";

/** A certificate as it is sent, and how many hosts have it. */
interface Told {
  readonly certificate: Certificate;
  readonly pair: KeyPair;
  hosts: number;
}

/** What takes certificates here and tells them to what serves elsewhere: those alone that a host has, and the default. */
export function toldCertificates(
  certificates: Certificates,
  tell: (update: CertificateUpdate) => void,
): Pick<Certificates, "use"> {
  const secretOfHost = new Map<string, string>();
  /** By Secret. */
  const told = new Map<string, Told>();
  certificates.onFallbackChange((pair) => tell({ kind: "default-certificate", pair }));
  certificates.onChange((hosts) => {
    for (const host of hosts) {
      leave(told, secretOfHost.get(host));
      secretOfHost.delete(host);
    }
    for (const host of hosts) {
      const certificate = certificates.certificates.get(host);
      if (certificate === undefined) continue;
      secretOfHost.set(host, certificate.secretKey);
      enter(told, certificate);
    }
    const pairs = new Map(Array.from(told, ([secret, { pair }]) => [secret, pair]));
    tell({ kind: "certificates", secretOfHost: new Map(secretOfHost), pairs });
  });
  return certificates;
}

/** One that is another one than before goes to all its hosts at once. */
function enter(told: Map<string, Told>, certificate: Certificate): void {
  const known = told.get(certificate.secretKey);
  if (known?.certificate === certificate) {
    known.hosts += 1;
    return;
  }
  const pair = { cert: certificate.chainPem, key: certificate.privateKeyPem };
  told.set(certificate.secretKey, { certificate, pair, hosts: (known?.hosts ?? 0) + 1 });
}

function leave(told: Map<string, Told>, secret: string | undefined): void {
  const known = secret === undefined ? undefined : told.get(secret);
  if (known === undefined || secret === undefined) return;
  known.hosts -= 1;
  if (known.hosts === 0) told.delete(secret);
}
