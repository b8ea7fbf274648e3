import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  quote,
  readBoolean,
  readEach,
  readInteger,
  readList,
  readMap,
} from "#src/model/field.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { type ClaimRule, type ForwardedClaim, readClaimRules, readForwardedClaims } from "./claim-rule.ts";
import { type JwksSource, readJwksSource } from "./jwks-source.ts";
import { keyOfHolder } from "./key-of-holder.ts";
import { readScopes } from "./read-scopes.ts";
import { readShortText } from "./read-short-text.ts";
import { readTextList } from "./read-text-list.ts";
import { readTokenPlaces, type TokenPlaces } from "./token-places.ts";

/** JSON Web Tokens (RFC 7519) as a policy asks for them: signed by an issuer that it names, for one of its audiences. */
export interface JwtPolicy {
  /** The HTTPPolicy (`namespace/name`) that says so. */
  readonly key: string;
  /** At least one; no two have one issuer. */
  readonly providers: readonly JwtProvider[];
  readonly places: TokenPlaces;
  /** A request without a token passes, too; one with a token that is not valid does not. */
  readonly isOptional: boolean;
  /** How far the clocks of issuers and of Hawser may be apart. */
  readonly clockSkewSeconds: number;
  /** Each of them has to be met. */
  readonly claims: readonly ClaimRule[];
  /** Each of them has to be in `scope` or `scp` of the token. */
  readonly scopes: readonly string[];
  readonly forwardClaims: readonly ForwardedClaim[];
  /** Endpoints get the token as the client sent it. */
  readonly forwardsToken: boolean;
}

/** Who signs tokens, and how. */
export interface JwtProvider {
  /** As `iss` of tokens has it. */
  readonly issuer: string;
  /** One of them has to be in `aud` of the token; empty: tokens for anything are taken. */
  readonly audiences: readonly string[];
  readonly jwks: JwksSource;
  readonly algorithms: readonly JwtAlgorithm[];
}

/** Those with a public key (RFC 7518 section 3.1, RFC 8037, RFC 9864): what verifies a token cannot make one. */
const JWT_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

const PROVIDER_KEYS = ["issuer", "audiences", "jwks", "algorithms"];
const KEYS = [
  ...PROVIDER_KEYS,
  "providers",
  "extractFrom",
  "optional",
  "clockSkewSeconds",
  "claims",
  "scopes",
  "forwardClaims",
  "forwardToken",
];
const MAX_PROVIDERS = 8;
const MAX_AUDIENCES = 64;
const MAX_SCOPES = 64;
const MAX_LETTERS = 1_024;
/** As in Envoy. */
const DEFAULT_SKEW_SECONDS = 60;
const MAX_SKEW_SECONDS = 300;

/** Reads `jwt` of a policy. Undefined where any of it cannot be read: then it has an error. */
export function readJwtPolicy(field: Field): JwtPolicy | undefined {
  if (!readMap(field)) return undefined;
  const before = field.problems.length;
  rejectUnknownKeys(field, KEYS);
  const providers = readProviders(field);
  const places = readTokenPlaces(child(field, "extractFrom"));
  const isOptional = readBoolean(child(field, "optional")) ?? false;
  const clockSkewSeconds =
    readInteger(child(field, "clockSkewSeconds"), { min: 0, max: MAX_SKEW_SECONDS }) ?? DEFAULT_SKEW_SECONDS;
  const claims = readClaimRules(child(field, "claims")) ?? [];
  const scopes = readScopes(child(field, "scopes"), MAX_SCOPES);
  const forwardClaims = readForwardedClaims(child(field, "forwardClaims")) ?? [];
  const forwardField = child(field, "forwardToken");
  const forwardsToken = readBoolean(forwardField) ?? true;
  if (isOptional && claims.length + scopes.length > 0)
    complainInvalid(
      child(field, "optional"),
      "a client that does not meet claims or scopes leaves its token out",
      "Remove optional, or claims and scopes",
    );
  if (places === undefined || providers === undefined) return undefined;
  if (!forwardsToken && places.params.length > 0)
    complainInvalid(
      forwardField,
      "a token in the query is a part of the URL, which is forwarded as it is",
      "Remove params of extractFrom, or forwardToken",
    );
  if (field.problems.length !== before) return undefined;
  const key = keyOfHolder(field);
  return { key, providers, places, isOptional, clockSkewSeconds, claims, scopes, forwardClaims, forwardsToken };
}

/** Those of `providers`, or the one that the policy itself describes. */
function readProviders(field: Field): readonly JwtProvider[] | undefined {
  const listField = child(field, "providers");
  if (isUnset(listField)) {
    const provider = readProvider(field);
    return provider && [provider];
  }
  const own = PROVIDER_KEYS.find((key) => !isUnset(child(field, key)));
  if (own !== undefined)
    return complain(child(field, own), "FIELD_INVALID", {
      what: `Cannot use ${own} beside providers`,
      why: "each of the providers has its own",
      fix: `Write it into each of the providers, or remove providers`,
    });
  const entries = readList(listField);
  if (entries.length === 0 || entries.length > MAX_PROVIDERS)
    return complainInvalid(
      listField,
      `it is not a list of 1 to ${MAX_PROVIDERS} providers`,
      "Write issuer and jwks of each",
    );
  const providers = readEach(entries, (entry) => {
    if (isUnset(entry)) return complainMissing(entry, "Write issuer and jwks, or remove the entry");
    if (!readMap(entry)) return undefined;
    rejectUnknownKeys(entry, PROVIDER_KEYS);
    return readProvider(entry);
  });
  if (providers.length !== entries.length) return undefined;
  const issuers = providers.map(({ issuer }) => issuer);
  const twice = issuers.findIndex((issuer, index) => issuers.indexOf(issuer) !== index);
  if (twice === -1) return providers;
  return complain(entries[twice]!, "FIELD_DUPLICATE", {
    what: `Cannot use ${quote(issuers[twice])} twice`,
    why: "the issuer of a token says which provider it is of",
    fix: "Write one provider, with all audiences",
  });
}

function readProvider(field: Field): JwtProvider | undefined {
  const issuerField = child(field, "issuer");
  if (isUnset(issuerField)) complainMissing(issuerField, "Write the issuer as iss of its tokens has it");
  const issuer = readShortText(issuerField, MAX_LETTERS, "Write the name of the issuer");
  const audienceField = child(field, "audiences");
  const audiences = readTextList(audienceField, MAX_AUDIENCES);
  if (!isUnset(audienceField) && audiences?.length === 0)
    complainInvalid(audienceField, "it is empty", "Write an audience, or remove audiences to take tokens for anything");
  const jwks = readJwksSource(child(field, "jwks"));
  const algorithms = readAlgorithms(child(field, "algorithms"));
  if (issuer === undefined || audiences === undefined || jwks === undefined || algorithms === undefined)
    return undefined;
  return { issuer, audiences, jwks, algorithms };
}

function readAlgorithms(field: Field): readonly JwtAlgorithm[] | undefined {
  if (isUnset(field)) return JWT_ALGORITHMS;
  const names = readTextList(field, JWT_ALGORITHMS.length);
  if (names?.length === 0) return complainInvalid(field, "it is empty", `Write some of ${JWT_ALGORITHMS.join(", ")}`);
  const other = names?.find((name) => !isAlgorithm(name));
  if (other === undefined) return names?.filter(isAlgorithm);
  return complain(field, "FIELD_INVALID", {
    what: `Cannot use ${quote(other)}`,
    why: /^(?:none|hs\d+)$/i.test(other)
      ? "a token of it has no signature, or one that each who can verify it can make"
      : "it is not an algorithm with a public key that Hawser has",
    fix: `Write some of ${JWT_ALGORITHMS.join(", ")}`,
  });
}

function isAlgorithm(name: string): name is JwtAlgorithm {
  return (JWT_ALGORITHMS as readonly string[]).includes(name);
}
