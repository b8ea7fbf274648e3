import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { sameText } from "#src/auth/same-text.ts";
import { parseJson } from "#src/model/parse-json.ts";
import { recordOf } from "#src/model/record.ts";
import { cookieBase } from "./cookie-base.ts";
import { sealedUse } from "./sealed-use.ts";
import type { RequestCookies } from "./request-cookies.ts";
import { sealText, type SealKeys, type SealNonce } from "./seal-text.ts";
import type { SealedCookies } from "./sealed-cookies.ts";

/** A sign-in under way: kept in a cookie until the client comes back from the provider, to whichever replica. */
export interface PendingSignIn {
  /** Names it: which of the cookies, and chance. */
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  /** Path and query that the client goes back to. */
  readonly target: string;
  /** Seconds since 1970 from which it does not count. */
  readonly untilS: number;
}

/** Sign-ins of one browser at once, as by several tabs: the next one takes the place of another. */
export const MAX_PENDING = 4;
export const PENDING_S = 600;
/** Of state, nonce and verifier, each: 43 letters, as PKCE has it at least. */
const SECRET_BYTES = 32;
/** All that a sign-in needs of chance. */
export const CHANCE_BYTES = 3 * SECRET_BYTES;

/** A new sign-in, in a place that is free in the browser if there is one. */
export function newSignIn(
  auth: OidcPolicy,
  {
    cookies,
    target,
    chance,
    nowMs,
  }: {
    readonly cookies: RequestCookies;
    readonly target: string;
    /** `CHANCE_BYTES` of it. */
    readonly chance: Buffer;
    readonly nowMs: number;
  },
): PendingSignIn {
  const places = Array.from({ length: MAX_PENDING }, (_, place) => place);
  const free = places.find((place) => !cookies.has(pendingName(auth, place)));
  const place = free ?? chance[0]! % MAX_PENDING;
  const [state, nonce, verifier] = [0, 1, 2].map((index) =>
    chance.subarray(index * SECRET_BYTES, (index + 1) * SECRET_BYTES).toString("base64url"),
  ) as [string, string, string];
  return { state: `${place}${state}`, nonce, verifier, target, untilS: Math.floor(nowMs / 1_000) + PENDING_S };
}

/** The name and value of the cookie of a sign-in. */
export function pendingCookie(
  auth: OidcPolicy,
  pending: PendingSignIn,
  { host, keys, nonce }: { readonly host: string; readonly keys: SealKeys; readonly nonce: SealNonce },
): readonly [name: string, value: string] {
  const name = pendingNameOf(auth, pending.state) ?? pendingName(auth, 0);
  return [name, sealText(JSON.stringify(pending), keys, sealedUse("state", auth, host), nonce)];
}

/** The sign-in that a state names; undefined where the browser has not begun it, or it is over. */
export function readPending(
  auth: OidcPolicy,
  state: string,
  { host, cookies, unseal, nowMs }: SealedCookies,
): PendingSignIn | undefined {
  const name = pendingNameOf(auth, state);
  const sealed = name === undefined ? undefined : cookies.get(name);
  const text = sealed === undefined ? undefined : unseal(sealed, sealedUse("state", auth, host));
  const pending = text === undefined ? undefined : parsePending(text);
  if (pending === undefined || !sameText(pending.state, state)) return undefined;
  return nowMs < pending.untilS * 1_000 ? pending : undefined;
}

/** The name of the cookie of the sign-in that a state names; undefined: it can be none of ours. */
export function pendingNameOf(auth: OidcPolicy, state: string): string | undefined {
  const place = /^([0-9])[A-Za-z0-9_-]{43}$/.exec(state)?.[1];
  return place === undefined || Number(place) >= MAX_PENDING ? undefined : pendingName(auth, Number(place));
}

function pendingName(auth: OidcPolicy, place: number): string {
  return `__Host-${cookieBase(auth)}-sign-in-${place}`;
}

function parsePending(text: string): PendingSignIn | undefined {
  const { state, nonce, verifier, target, untilS } = recordOf(parseJson(text));
  const texts = [state, nonce, verifier, target];
  if (!texts.every((one) => typeof one === "string") || typeof untilS !== "number") return undefined;
  return { state, nonce, verifier, target, untilS } as PendingSignIn;
}
