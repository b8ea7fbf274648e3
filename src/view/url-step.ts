import { badStep, type ExplainStep, type StepName } from "./explain-step.ts";
import { REFUSAL_TEXTS, type RequestReason } from "./request-reason.ts";
import type { UrlAnswer } from "./url-answer.ts";

/** A step, and what becomes of the request where it goes no further. */
export interface UrlStep {
  readonly step: ExplainStep;
  readonly answer?: UrlAnswer;
}

/** A step at which the ingress refuses the request for this reason. */
export function refusedStep(
  step: StepName,
  reason: RequestReason,
  { text, fix }: Pick<ExplainStep, "text" | "fix">,
): UrlStep {
  return { step: badStep(step, { reason, text, fix }), answer: { status: REFUSAL_TEXTS[reason].status, reason } };
}
