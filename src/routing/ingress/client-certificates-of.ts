import type { ClientCertificatePolicy } from "#src/filters/client-certificate.ts";
import type { Ingress } from "#src/model/ingress.ts";

/** Which client certificates an Ingress asks for, for all paths of its hosts; undefined: none. */
export function clientCertificatesOf({ settings, closed }: Ingress): ClientCertificatePolicy | undefined {
  const { authTlsSecret: secret, authTlsVerifyClient: mode = "on", authTlsVerifyDepth: depth = 1 } = settings;
  if (secret === undefined || mode === "off" || closed !== undefined) return undefined;
  const { authTlsPassCertificate: passesCertificate = false, authTlsErrorPage: location, authTlsMatchCn } = settings;
  return {
    key: JSON.stringify([secret, mode, depth, authTlsMatchCn?.text]),
    secret,
    mode,
    depth,
    passesCertificate,
    subject: authTlsMatchCn,
    errorPage: location && { status: 302, location, isRelative: false },
  };
}
