/** What a token says of its bearer, by name, when its signature, issuer and times were verified (RFC 7519 section 4). */
export type VerifiedClaims = Readonly<Record<string, unknown>>;
