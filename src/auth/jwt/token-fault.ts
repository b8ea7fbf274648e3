/** What is wrong with a token, as its client hears it (RFC 6750 section 3, `error_description`). */
export const TOKEN_FAULTS = {
  malformed: "The token is not a signed JSON Web Token that can be read",
  algorithm: "The token is signed by an algorithm that is not accepted",
  issuer: "The issuer of the token is not accepted",
  audience: "The token is for another audience",
  signature: "The signature of the token is wrong",
  key: "The token is signed by an unknown key",
  expired: "The token has expired",
  early: "The token is not valid yet",
  endless: "The token does not say when it expires",
} as const;

export type TokenFault = keyof typeof TOKEN_FAULTS;
