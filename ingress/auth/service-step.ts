import { type AuthVerdict, verdictOf } from "#src/auth/auth-verdict.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import type { QuestionHeaders } from "#src/auth/parse-question-headers.ts";
import { signInLocation } from "#src/auth/sign-in-location.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { AccessRequest } from "#ingress/engine/access-control.ts";
import { accessGrant } from "#ingress/engine/access-grant.ts";
import { type AccessStep, PASSED, type StepDecision, type StepOutcome } from "./access-step.ts";
import type { ExternalAuthorizer, ExternalOutcome } from "./external-authorizer.ts";
import { BUSY, refusal } from "./refusal.ts";

/** Lets in requests that a service says yes to. */
export class ServiceStep implements AccessStep {
  readonly #external: Pick<ExternalAuthorizer, "ask">;
  #headers: ReadonlyMap<string, QuestionHeaders> = new Map();

  constructor(external: Pick<ExternalAuthorizer, "ask">) {
    this.#external = external;
  }

  /** Header fields of questions from now on, by the ConfigMap that names them. What is to be asked with others lets none in. */
  useHeaders(headers: ReadonlyMap<string, QuestionHeaders>): void {
    this.#headers = headers;
  }

  decide({ external }: AuthPolicy, request: AccessRequest): StepOutcome {
    if (external === undefined) return PASSED;
    const headers = external.setHeaders === undefined ? [] : this.#headers.get(external.setHeaders);
    if (headers === undefined) return refusal(503, "closed-headers");
    const location = external.signIn && signInLocation(external.signIn, request);
    const outcome = this.#external.ask(external, request.shown(), headers);
    if (!(outcome instanceof Promise)) return byService(outcome, external, location);
    return outcome.then((found) => byService(found, external, location));
  }
}

function byService(outcome: ExternalOutcome, external: ExternalAuth, location: string | undefined): StepDecision {
  switch (outcome.kind) {
    case "answer":
      return byVerdict(verdictOf(outcome.answer, external.responseHeaders), external, location);
    case "busy":
      return BUSY;
    case "timeout":
      return refusal(503, "access-timeout");
    case "unreachable":
      return refusal(500, "auth-unreachable");
    default:
      return refusal(500, "auth-failed");
  }
}

function byVerdict(verdict: AuthVerdict, external: ExternalAuth, location: string | undefined): StepDecision {
  if (verdict.kind === "fail") return refusal(500, "auth-failed");
  const { responseHeaders, alwaysSetsCookie } = external;
  if (verdict.kind === "pass")
    return { kind: "pass", grant: accessGrant({ ...verdict, removes: responseHeaders, alwaysSetsCookie }) };
  const cookies = verdict.cookies.map((value) => ["Set-Cookie", value] as const);
  if (verdict.status === 401 && location !== undefined)
    return { kind: "answer", status: 302, cause: { location, fields: cookies } };
  const kept = alwaysSetsCookie ? cookies : [];
  if (verdict.status === 403) return refusal(403, "auth-denied", kept);
  const challenges = verdict.challenges.map((value) => ["WWW-Authenticate", value] as const);
  return refusal(401, "unauthorized", [...challenges, ...kept]);
}
