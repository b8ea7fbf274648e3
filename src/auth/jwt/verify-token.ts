import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from "jose";
import type { JwtProvider } from "#src/model/policies/jwt-policy.ts";
import type { VerifiedClaims } from "#src/auth/verified-claims.ts";
import type { KeySet } from "./key-set.ts";
import type { TokenFault } from "./token-fault.ts";

/** What came of a token. */
export type VerifiedToken =
  | {
      readonly kind: "verified";
      readonly claims: VerifiedClaims;
      /** Until when it counts, in milliseconds of the wall clock. */
      readonly untilMs: number;
    }
  | { readonly kind: "invalid"; readonly fault: TokenFault }
  /** No key of the set is the one that it names. */
  | { readonly kind: "no-key" };

/** Keys that a token is compared with where several fit. */
const MAX_TRIED = 8;

/** Verifies signature, issuer, audience and times of a token (RFC 7519 section 7.2, RFC 8725). Never rejects. */
export async function verifyToken(
  token: string,
  {
    provider,
    keys,
    skewSeconds,
    nowMs,
  }: {
    readonly provider: JwtProvider;
    readonly keys: KeySet;
    readonly skewSeconds: number;
    readonly nowMs: number;
  },
): Promise<VerifiedToken> {
  const { issuer, audiences, algorithms } = provider;
  const options: JWTVerifyOptions = {
    issuer,
    algorithms: [...algorithms],
    clockTolerance: skewSeconds,
    currentDate: new Date(nowMs),
    requiredClaims: ["exp"],
    ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
  };
  try {
    const { exp = 0, ...others } = await verifiedClaims(token, keys, options);
    return { kind: "verified", claims: { ...others, exp }, untilMs: (exp + skewSeconds) * 1_000 };
  } catch (error) {
    return error instanceof errors.JWKSNoMatchingKey ? { kind: "no-key" } : { kind: "invalid", fault: faultOf(error) };
  }
}

async function verifiedClaims(token: string, keys: KeySet, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys.find, options);
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return await verifiedByAny(token, error, options);
  }
}

/** Of several keys with its id, or without one, any may be that of the token. */
async function verifiedByAny(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of candidates) {
    if (tried++ >= MAX_TRIED) break;
    try {
      const { payload } = await jwtVerify(token, key, options);
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    switch (error.claim) {
      case "nbf":
        return error.reason === "check_failed" ? "early" : "malformed";
      case "iss":
        return "issuer";
      case "aud":
        return "audience";
      default:
        return error.claim === "exp" && error.reason === "missing" ? "endless" : "malformed";
    }
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  return error instanceof errors.JWSSignatureVerificationFailed ? "signature" : "malformed";
}
