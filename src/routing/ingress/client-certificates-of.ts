import type { ClientCertificatePolicy } from "#src/filters/client-certificate.ts";
import type { Ingress } from "#src/model/ingress.ts";

/**
 * Which client certificates an Ingress asks for, for all paths of its hosts; undefined: none. One that is closed for another reason
 * asks for them still: the paths of other Ingresses are behind them, too.
 */
export function clientCertificatesOf({ settings }: Ingress): ClientCertificatePolicy | undefined {
  const { authTlsSecret: secret, authTlsVerifyClient: mode = "on", authTlsVerifyDepth: depth = 1 } = settings;
  if (secret === undefined || mode === "off") return undefined;
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
