import type { ClientCertificatePolicy, ClientIdentity } from "#src/filters/client-certificate.ts";
import { type AccessGrant, accessGrant, addGrants } from "./access-grant.ts";

const NAMES = ["ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn"];

/** What goes with a request to an endpoint behind a host that asks for client certificates; a client cannot write these fields. */
export function certificateGrant(
  { passesCertificate }: ClientCertificatePolicy,
  identity: ClientIdentity | undefined,
  grant: AccessGrant | undefined,
): AccessGrant | undefined {
  const { certificate, verdict } = identity ?? {};
  const ofCertificate = certificate && [
    ["ssl-client-subject-dn", certificate.subject] as const,
    ["ssl-client-issuer-dn", certificate.issuer] as const,
    ...(passesCertificate ? [["ssl-client-cert", certificate.escapedPem] as const] : []),
  ];
  const own = accessGrant({
    fields: [["ssl-client-verify", verdict?.text ?? "NONE"], ...(ofCertificate ?? [])],
    cookies: [],
    removes: NAMES,
    alwaysSetsCookie: false,
  });
  return addGrants(grant, own);
}
