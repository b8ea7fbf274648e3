import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { hash } from "node:crypto";
import { hostFieldOf } from "#src/auth/host-field-of.ts";
import type { PendingSignIn } from "./pending-sign-in.ts";
import type { SignInRequest } from "./sign-in-step.ts";

/** Where the provider is asked for a code (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core 1.0 section 3.1.2.1). */
export function authorizationUrl(
  auth: OidcPolicy,
  {
    endpoint,
    pending,
    request,
  }: {
    /** Of the provider; it may have a query. */
    readonly endpoint: string;
    readonly pending: PendingSignIn;
    readonly request: Pick<SignInRequest, "authority">;
  },
): string {
  const { clientId, scopes } = auth;
  const { state, nonce, verifier } = pending;
  const url = new URL(endpoint);
  for (const [name, value] of [
    ["response_type", "code"],
    ["client_id", clientId],
    ["redirect_uri", callbackUrl(auth, request)],
    ["scope", scopes.join(" ")],
    ["state", state],
    ["nonce", nonce],
    ["code_challenge", hash("sha256", verifier, "base64url")],
    ["code_challenge_method", "S256"],
  ] as const)
    url.searchParams.set(name, value);
  return url.href;
}

/** Where the provider sends the browser back to: a path of the host that it asked for. */
export function callbackUrl(auth: OidcPolicy, request: Pick<SignInRequest, "authority">): string {
  return `${originOf(request)}${auth.callbackPath}`;
}

/** The beginning of all URLs of the host that a client sees, which asks by HTTPS. */
export function originOf({ authority }: Pick<SignInRequest, "authority">): string {
  const [end = "", port = "443"] = /\.?(?::(\d{0,5}))?$/.exec(authority) ?? [];
  const host = authority.slice(0, authority.length - end.length).toLowerCase();
  return `https://${hostFieldOf({ host, scheme: "https", port: Number(port === "" ? 443 : port) })}`;
}
