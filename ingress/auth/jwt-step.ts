import { hash } from "node:crypto";
import { FairRecentMap } from "#src/collections/fair-recent-map.ts";
import { claimFields } from "#src/auth/claim-fields.ts";
import { hasScopes, meetsClaimRules } from "#src/auth/meets-claim-rules.ts";
import { bearerChallenge } from "#src/auth/jwt/bearer-challenge.ts";
import { findToken } from "#src/auth/jwt/find-token.ts";
import type { KeySet } from "#src/auth/jwt/key-set.ts";
import type { TokenFault } from "#src/auth/jwt/token-fault.ts";
import { hasAliases } from "#src/auth/same-header-name.ts";
import { readTokenHead, type TokenHead } from "#src/auth/jwt/token-head.ts";
import type * as Verifier from "#src/auth/jwt/verify-token.ts";
import type { VerifiedToken } from "#src/auth/jwt/verify-token.ts";
import { withoutToken } from "#src/auth/jwt/without-token.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { JwtPolicy, JwtProvider } from "#src/model/policies/jwt-policy.ts";
import type { AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import { type AccessGrant, accessGrant, addGrants } from "#ingress/engine/access-grant.ts";
import {
  type AccessStep,
  type KnownBefore,
  PASSED,
  type PassedStep,
  type StepDecision,
  type StepOutcome,
} from "./access-step.ts";
import type { KeySets } from "./key-sets.ts";
import { BUSY, refusal } from "./refusal.ts";

/** Characters of tokens whose outcome is kept, all together; of what is kept for one, no namespace has more than others. */
const MAX_KEPT_LENGTH = 16_777_216;
/** What is kept for a token takes some memory, however short the token is. */
const LEAST_WEIGHT = 512;

/** What a token has come to for a policy. */
interface KnownToken {
  /** Undefined: what it claims is not what the policy asks for. */
  readonly passed: PassedStep | undefined;
  readonly keys: KeySet;
  readonly provider: JwtProvider;
  readonly untilMs: number;
}

/** A request with a token. */
interface TokenRequest {
  readonly token: string;
  readonly policy: JwtPolicy;
  readonly namespace: string;
  readonly realm: string;
  /** Under which its outcome is kept. */
  readonly key: string;
  /** What goes with the request besides, where its token does not. */
  readonly removal: AccessGrant | undefined;
}

/** Lets in requests with a token (RFC 6750) as their policy asks for it. What a token has come to is kept until it expires. */
export class JwtStep implements AccessStep {
  readonly #keys: Pick<KeySets, "get" | "lookAgain">;
  readonly #wallMs: () => number;
  readonly #known = new FairRecentMap<KnownToken>(MAX_KEPT_LENGTH);
  readonly #ids = new WeakMap<JwtPolicy, number>();
  readonly #withoutClaims = new WeakMap<JwtPolicy, PassedStep>();
  #nextId = 0;
  /** Loaded with the first token, not with the program: it comes with a library of some MB. */
  #verifier: typeof Verifier | undefined;

  constructor(keys: Pick<KeySets, "get" | "lookAgain">, wallMs: () => number) {
    this.#keys = keys;
    this.#wallMs = wallMs;
  }

  decide({ jwt: policy, namespace }: AuthPolicy, request: AccessRequest, { mayWait }: KnownBefore): StepOutcome {
    if (policy === undefined) return PASSED;
    const found = findToken(policy.places, request);
    const realm = request.host;
    if (found.kind === "many")
      return challenge(400, "token-ambiguous", bearerChallenge(realm, { kind: "invalid_request" }));
    if (found.kind === "none")
      return policy.isOptional
        ? this.#passWithoutClaims(policy)
        : challenge(401, "token-missing", bearerChallenge(realm));
    const { token, places } = found;
    const removal = policy.forwardsToken ? undefined : removalGrant(withoutToken(places, request.valuesOf("cookie")));
    const key = `${this.#idOf(policy)} ${hash("sha256", token, "base64")}`;
    const of: TokenRequest = { token, policy, namespace, realm, key, removal };
    const known = this.#known.get(namespace, key);
    if (known !== undefined && this.#counts(known, namespace)) return outcomeOf(known.passed, of);
    const head = readTokenHead(token);
    if (head === undefined) return invalid(realm, "malformed");
    const provider = policy.providers.find(({ issuer }) => issuer === head.issuer);
    if (provider === undefined) return invalid(realm, "issuer");
    if (!provider.algorithms.some((algorithm) => algorithm === head.algorithm)) return invalid(realm, "algorithm");
    return mayWait ? this.#verify(of, head, provider) : BUSY;
  }

  /** What was verified with keys that are not those of the issuer now counts no longer. */
  #counts({ keys, provider, untilMs }: KnownToken, namespace: string): boolean {
    return this.#wallMs() < untilMs && this.#keys.get(provider.jwks, namespace) === keys;
  }

  async #verify(of: TokenRequest, head: TokenHead, provider: JwtProvider): Promise<StepDecision> {
    const { realm, namespace } = of;
    const keys = await this.#keysFor(head, provider, namespace);
    const verifier = (this.#verifier ??= await loadVerifier());
    if (keys === undefined || verifier === undefined) return refusal(503, "jwks-unavailable");
    const { token, policy } = of;
    const nowMs = this.#wallMs();
    const found = await verifier.verifyToken(token, { provider, keys, skewSeconds: policy.clockSkewSeconds, nowMs });
    if (found.kind === "no-key") return invalid(realm, "key");
    if (found.kind === "invalid") return invalid(realm, found.fault);
    const passed = isMet(policy, found) ? passedWith(policy, found.claims) : undefined;
    const weight = Math.max(LEAST_WEIGHT, token.length);
    this.#known.set(namespace, of.key, { value: { passed, keys, provider, untilMs: found.untilMs }, weight });
    return outcomeOf(passed, of);
  }

  /** The keys of an issuer, fetched again where none of them is the one that the token names. */
  async #keysFor({ keyId }: TokenHead, { jwks }: JwtProvider, namespace: string): Promise<KeySet | undefined> {
    const first = this.#keys.get(jwks, namespace);
    if (first instanceof Promise) await first;
    const keys = this.#keysNow(jwks, namespace);
    if (keys === undefined || keyId === undefined || keys.hasKeyId(keyId)) return keys;
    const again = this.#keys.lookAgain(jwks, namespace);
    if (again === undefined) return keys;
    await again;
    return this.#keysNow(jwks, namespace);
  }

  #keysNow(jwks: JwtProvider["jwks"], namespace: string): KeySet | undefined {
    const keys = this.#keys.get(jwks, namespace);
    return keys instanceof Promise ? undefined : keys;
  }

  /** Claims that no token has verified are not those that a client writes itself. */
  #passWithoutClaims(policy: JwtPolicy): PassedStep {
    const passed = this.#withoutClaims.get(policy) ?? passedWith(policy, undefined);
    this.#withoutClaims.set(policy, passed);
    return passed;
  }

  #idOf(policy: JwtPolicy): number {
    const id = this.#ids.get(policy) ?? this.#nextId++;
    this.#ids.set(policy, id);
    return id;
  }
}

/** What verifies tokens; undefined: it cannot be loaded. */
function loadVerifier(): Promise<typeof Verifier | undefined> {
  return import("#src/auth/jwt/verify-token.ts").catch(() => undefined);
}

function isMet({ claims, scopes }: JwtPolicy, token: Extract<VerifiedToken, { readonly kind: "verified" }>): boolean {
  return meetsClaimRules(token.claims, claims) && hasScopes(token.claims, scopes);
}

/** Endpoints get neither claims nor a token that only looks verified: not in a field that they could take for that of the token. */
function passedWith({ forwardClaims, places }: JwtPolicy, claims: PassedStep["claims"]): PassedStep {
  const exact = places.headers.map(({ name }) => name).filter(hasAliases);
  if (forwardClaims.length + exact.length === 0) return { ...PASSED, claims };
  const fields = claims === undefined ? [] : claimFields(claims, forwardClaims);
  const removes = forwardClaims.map(({ header }) => header);
  return { kind: "pass", grant: accessGrant({ fields, cookies: [], removes, exact, alwaysSetsCookie: false }), claims };
}

function removalGrant(removal: ReturnType<typeof withoutToken>): AccessGrant {
  return accessGrant({ ...removal, cookies: [], alwaysSetsCookie: false });
}

function outcomeOf(passed: PassedStep | undefined, { policy, realm, removal }: TokenRequest): StepDecision {
  if (passed === undefined) {
    const { scopes } = policy;
    return challenge(403, "claims-denied", bearerChallenge(realm, { kind: "insufficient_scope", scopes }));
  }
  return removal === undefined ? passed : { ...passed, grant: addGrants(passed.grant, removal) };
}

function invalid(realm: string, fault: TokenFault): AccessRefusal {
  return challenge(401, "token-invalid", bearerChallenge(realm, { kind: "invalid_token", fault }));
}

function challenge(
  status: 400 | 401 | 403,
  reason: "token-ambiguous" | "token-missing" | "token-invalid" | "claims-denied",
  text: string,
): AccessRefusal {
  return refusal(status, reason, [["WWW-Authenticate", text]]);
}
