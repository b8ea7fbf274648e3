import type { BasicAuth } from "#src/auth/basic-auth.ts";
import { readBasicCredentials } from "#src/auth/basic-credentials.ts";
import { passwordKey } from "#src/auth/find-password-lists.ts";
import { comparisonFor } from "#src/auth/password-list.ts";
import { verifyPassword } from "#src/auth/verify-password.ts";
import { findToken } from "#src/auth/jwt/find-token.ts";
import type { JwtPolicy } from "#src/model/policies/jwt-policy.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import { checkSource } from "#src/filters/source-networks.ts";
import type { Rule } from "#src/routing/rule.ts";
import { okStep, sentence, unknownStep } from "./explain-step.ts";
import { filterSettings, printSettings } from "./filter-settings.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";
import { refusedStep, type UrlStep } from "./url-step.ts";
import { passwordFault, printFault, signInFault } from "./view-routes.ts";

const VERIFIED = "the token is verified with the keys of its issuer, which cannot be done from here";
const SIGNED_IN = "a browser without a session is sent to the provider to sign in; sessions cannot be read from here";
const OWN_PATH = "the sign-in answers requests for this path itself, and the Service gets none of them";
const LIMITED = "a request beyond it is answered 429";
const ASKED = "the service is asked, and its answer to this request cannot be seen from here";

/** Who may come in; nothing where the rule asks for nothing. */
export function explainAccess(context: UrlContext, rule: Rule): readonly UrlStep[] {
  const { auth } = rule.filters;
  if (auth === undefined) return [];
  const { basic, external, satisfy, sources, jwt, oidc, limits } = auth;
  const settings = printSettings(filterSettings({ ...NO_FILTERS, auth }));
  const { request, question } = context;
  const byToken = jwt === undefined ? [] : [explainToken(settings, jwt, request)];
  if (byToken.some(({ answer }) => answer !== undefined)) return byToken;
  const signedIn = oidc === undefined ? [] : [explainSignIn(context, rule, { settings, oidc })];
  if (signedIn.some(({ answer }) => answer !== undefined)) return [...byToken, ...signedIn];
  const limited = limits === undefined ? [] : [{ step: okStep("access", { text: `${settings}: ${LIMITED}.` }) }];
  const before = [...byToken, ...signedIn, ...limited];
  if (basic === undefined && external === undefined) return before;
  if (satisfy === "any" && sources?.allowed !== undefined) {
    if (question.client !== undefined && checkSource(sources, request) === undefined)
      return [...before, { step: okStep("access", { text: `${settings}: the client's address is enough.` }) }];
  }
  return [...before, told(auth, { settings, byPassword: basic && checkPassword(context, rule, basic) })];
}

/** A request with a session comes in, and sessions are encrypted: but none does where a Secret is missing. */
function explainSignIn(
  { seen, request }: UrlContext,
  rule: Rule,
  { settings, oidc }: { readonly settings: string; readonly oidc: OidcPolicy },
): UrlStep {
  const fault = signInFault(seen, rule);
  const isOwn = request.path === oidc.callbackPath || request.path === oidc.logoutPath;
  if (fault === undefined)
    return { step: unknownStep("access", { text: `${settings}: ${isOwn ? OWN_PATH : SIGNED_IN}.` }) };
  const { status } = REFUSAL_TEXTS["closed-secret"];
  const text = sentence(`${settings}: the request is answered ${status}: ${printFault(fault)}`);
  return refusedStep("access", "closed-secret", { text, fix: sentence(fault.fix) });
}

/** Whether the request has a token; whether that is right depends on keys and times that are not looked at here. */
function explainToken(settings: string, { places, isOptional }: JwtPolicy, request: UrlContext["request"]): UrlStep {
  const found = findToken(places, request);
  if (found.kind === "one") return { step: unknownStep("access", { text: `${settings}: ${VERIFIED}.` }) };
  if (found.kind === "none" && isOptional)
    return { step: okStep("access", { text: `${settings}: a token is optional, and the request has none.` }) };
  const reason = found.kind === "none" ? "token-missing" : "token-ambiguous";
  const { status, why, fix } = REFUSAL_TEXTS[reason];
  return refusedStep("access", reason, { text: `${settings}: the request is answered ${status}: ${why}.`, fix });
}

type PasswordVerdict = "right" | "unauthorized" | "closed-secret" | "unknown";

function told(
  { external, satisfy }: AuthPolicy,
  found: {
    readonly settings: string;
    readonly byPassword: { readonly verdict: PasswordVerdict; readonly text: string; readonly fix: string } | undefined;
  },
): UrlStep {
  const { settings, byPassword } = found;
  const isRight = byPassword?.verdict === "right";
  if (external !== undefined && (byPassword === undefined || (satisfy === "any" ? !isRight : isRight)))
    return { step: unknownStep("access", { text: `${settings}: ${ASKED}.` }) };
  if (byPassword === undefined || byPassword.verdict === "right")
    return { step: okStep("access", { text: `${settings}: name and password are right.` }) };
  const { verdict, text, fix } = byPassword;
  if (verdict === "unknown") return { step: unknownStep("access", { text: sentence(`${settings}: ${text}`), fix }) };
  const { status } = REFUSAL_TEXTS[verdict];
  const answered = sentence(`${settings}: the request is answered ${status}: ${text}`);
  return refusedStep("access", verdict, { text: answered, fix });
}

function checkPassword({ seen, request }: UrlContext, rule: Rule, basic: BasicAuth) {
  const list = seen.passwords.lists.get(passwordKey(basic));
  if (list === undefined) {
    if (seen.input.secretOf(basic.secret) === null)
      return { verdict: "unknown", text: "the Secret may not be read", fix: "" } as const;
    const fault = passwordFault(seen, rule);
    const text = fault === undefined ? REFUSAL_TEXTS["closed-secret"].why : `${fault.what}: ${fault.why}`;
    return { verdict: "closed-secret", text, fix: sentence(fault?.fix ?? "") } as const;
  }
  const refused = {
    verdict: "unauthorized",
    text: REFUSAL_TEXTS.unauthorized.why,
    fix: REFUSAL_TEXTS.unauthorized.fix,
  } as const;
  const values = request.valuesOf("authorization");
  const credentials = values.length === 1 ? readBasicCredentials(values[0] ?? "") : undefined;
  if (credentials === undefined) return refused;
  const { hashes, isKnown } = comparisonFor(list, credentials.user);
  const [first] = hashes;
  const isRight = isKnown && first !== undefined && verifyPassword(first, credentials.password);
  return isRight ? ({ verdict: "right", text: "", fix: "" } as const) : refused;
}
