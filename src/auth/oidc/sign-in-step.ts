import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { queryText } from "#src/auth/query-text.ts";
import type { TemplateRequest } from "#src/auth/template-request.ts";
import { cookieBase } from "./cookie-base.ts";
import { type PendingSignIn, readPending } from "./pending-sign-in.ts";
import { type RequestCookies, requestCookies } from "./request-cookies.ts";
import type { Unseal } from "./seal-text.ts";
import { readSession, type Session } from "./session.ts";
import { wantsPage } from "./wants-page.ts";

/** What is looked at of a request. Texts have one character for each byte. */
export interface SignInRequest extends Omit<TemplateRequest, "remoteAddress" | "field"> {
  /** The values of a header field (its name in lower case). */
  valuesOf(name: string): readonly string[];
}

/** What comes next for a request. */
export type SignInStep =
  /** It comes in, as far as its claims let it. */
  | { readonly kind: "session"; readonly session: Session }
  /** The browser is sent to the provider. */
  | { readonly kind: "begin" }
  /** The browser comes back from the provider: what it brings is shown to that. */
  | { readonly kind: "callback"; readonly pending: PendingSignIn }
  | { readonly kind: "sign-out" }
  /** It came back from the provider once more, and has its session. */
  | { readonly kind: "signed-in" }
  | { readonly kind: "refuse"; readonly reason: "https-required" | "sign-in-needed" | "sign-in-stale" };

/** The cookies of a request that are of this sign-in. */
export function ownCookies(auth: OidcPolicy, request: Pick<SignInRequest, "valuesOf">): RequestCookies {
  return requestCookies(request.valuesOf("cookie"), cookieBase(auth));
}

/** What comes next for a request of a rule that asks for sign-in, of what its cookies say: nothing else is remembered. */
export function signInStep(
  auth: OidcPolicy,
  request: SignInRequest,
  { unseal, nowMs }: { readonly unseal: Unseal; readonly nowMs: number },
): SignInStep {
  const { callbackPath, logoutPath } = auth;
  if (!request.isSecure) return { kind: "refuse", reason: "https-required" };
  const { host, path } = request;
  if (path === logoutPath) return { kind: "sign-out" };
  const of = { host, cookies: ownCookies(auth, request), unseal, nowMs };
  const session = readSession(auth, of);
  if (path === callbackPath) {
    const pending = readPending(auth, stateOf(request), of);
    if (pending !== undefined) return { kind: "callback", pending };
    return session === undefined ? { kind: "refuse", reason: "sign-in-stale" } : { kind: "signed-in" };
  }
  if (session !== undefined) return { kind: "session", session };
  return wantsPage(request) ? { kind: "begin" } : { kind: "refuse", reason: "sign-in-needed" };
}

/** The query of a request. */
export function queryOf({ target }: Pick<SignInRequest, "target">): URLSearchParams {
  return new URLSearchParams(queryText(target));
}

/** The state that a browser brings back; empty where it brings none, or several. */
function stateOf(request: SignInRequest): string {
  const [state = "", ...others] = queryOf(request).getAll("state");
  return others.length === 0 ? state : "";
}
