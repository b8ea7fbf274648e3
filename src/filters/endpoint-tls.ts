import type { BackendProtocol } from "#src/model/annotations/backend-protocol.ts";
import type { ProxyVersion } from "#src/model/annotations/proxy-protocol.ts";
import type { TlsVersions } from "#src/model/annotations/endpoint-tls.ts";

/** TLS to the endpoints of a rule. */
export interface EndpointTls {
  /** Those with the same text mean the same, and share connections. */
  readonly key: string;
  /** `namespace/name` of the Secret with our certificate and the authorities; undefined: no certificate, and the public authorities. */
  readonly secret: string | undefined;
  /** An endpoint is asked only after its certificate was verified. */
  readonly verifies: boolean;
  /** What the certificate has to be for; undefined: the name of the Service in the cluster. */
  readonly name: string | undefined;
  /** That name is sent as the server name (RFC 6066 section 3). */
  readonly sendsName: boolean;
  /** Intermediate authorities that a certificate may have at most. */
  readonly depth: number;
  /** In OpenSSL's form; undefined: as Node has them. */
  readonly ciphers: string | undefined;
  readonly versions: TlsVersions;
}

/** How endpoints are spoken to, where an annotation says so. */
export interface EndpointTransport {
  /** Undefined: as the port of the Service says. */
  readonly scheme: BackendProtocol | undefined;
  readonly tls: EndpointTls;
  /** Connections begin with a header of this version of the PROXY protocol; undefined: with none. */
  readonly proxyProtocol?: ProxyVersion | undefined;
}

/** Where nothing else is said: as in ingress-nginx without verification. */
export const DEFAULT_ENDPOINT_TLS: EndpointTls = endpointTls({});

/** What settings say, with the defaults of what they leave out. */
export function endpointTls({
  secret,
  verifies = false,
  name,
  sendsName = false,
  depth = 1,
  ciphers,
  versions = { lowest: "TLSv1.2", highest: "TLSv1.3" },
}: { readonly [Name in keyof Omit<EndpointTls, "key">]?: EndpointTls[Name] | undefined }): EndpointTls {
  const all = { secret, verifies, name, sendsName, depth, ciphers, versions };
  return { key: JSON.stringify(all), ...all };
}
