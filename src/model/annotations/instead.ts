/** The annotations of Hawser that say what those of others do. */
export const INSTEAD = {
  allow: "hawser.dev/allowlist-source-range",
  deny: "hawser.dev/denylist-source-range",
  basic: "hawser.dev/auth-type with hawser.dev/auth-secret",
  external: "hawser.dev/auth-url",
  clientCertificate: "hawser.dev/auth-tls-secret",
  rate: "hawser.dev/limit-rps",
  rewrite: "hawser.dev/rewrite-target",
  proxyProtocol: "hawser.dev/proxy-protocol",
  toHttps: "hawser.dev/force-ssl-redirect",
} as const;
