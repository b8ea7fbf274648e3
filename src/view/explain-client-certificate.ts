import { printRedirect } from "#src/filters/print-redirect.ts";
import { isProofPath } from "#src/filters/is-proof-path.ts";
import { badStep, okStep, sentence, unknownStep } from "./explain-step.ts";
import { REFUSAL_TEXTS } from "./request-reason.ts";
import type { UrlContext } from "./url-context.ts";
import { refusedStep, type UrlStep } from "./url-step.ts";
import { authoritiesFault } from "./view-routes.ts";

/** Whether the client comes in by its certificate; nothing where its host asks for none. */
export function explainClientCertificate({ seen, question, request, decision, rule }: UrlContext): readonly UrlStep[] {
  const policy = rule?.filters.clientCertificates;
  if (rule === undefined || policy === undefined) return [];
  const { secret, mode, subject, errorPage } = policy;
  const asks = `auth-tls-secret ${secret}, ${mode}`;
  if (!question.isSecure) {
    if ((mode !== "on" && subject === undefined) || isProofPath(rule.origin.path, rule.filters.rewrite))
      return [{ step: okStep("access", { text: `${asks}: plain requests come in.` }) }];
    const reason = mode === "on" ? "client-certificate-missing" : "client-certificate-denied";
    const { why, fix } = REFUSAL_TEXTS[reason];
    const step = badStep("access", { reason, text: `${asks}: the request is refused: ${why}.`, fix });
    // What a filter answers, or a missing endpoint, goes before it.
    const isFirst = decision.kind === "forward" || (rule.filters.auth !== undefined && decision.kind === "refuse");
    if (!isFirst) return [{ step }];
    const page = mode === "on" && errorPage && { status: 302, reason, location: printRedirect(errorPage, request) };
    return [{ step, answer: page || { status: REFUSAL_TEXTS[reason].status, reason } }];
  }
  if (seen.input.secretOf(secret) === null)
    return [{ step: unknownStep("access", { text: `${asks}: the Secret may not be read.` }) }];
  const problem = authoritiesFault(seen, secret);
  if (problem !== undefined) {
    const text = sentence(`${asks}: the request is refused: ${problem.what}: ${problem.why}`);
    return [refusedStep("access", "closed-secret", { text, fix: sentence(problem.fix) })];
  }
  const text = `${asks}: the certificate that the client shows is verified, which cannot be done here.`;
  return [{ step: unknownStep("access", { text }) }];
}
