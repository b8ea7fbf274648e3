import type { QuestionedRequest } from "#src/auth/auth-question.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { FilterRequest } from "#src/filters/filter-request.ts";
import type { AccessGrant } from "./access-grant.ts";
import type { AnswerStatus } from "./h1/answer.ts";
import type { AnswerCause } from "./decide-request.ts";

/** What is looked at of a request that has to show who sends it; good for as long as its head is. */
export interface AccessRequest extends QuestionedRequest, Pick<FilterRequest, "clientIp"> {
  /** The values of a header field (its name in lower case), one character for each byte. */
  valuesOf(name: string): readonly string[];
  /** As services see it; good for longer. */
  shown(): QuestionedRequest;
  /** All of it; good for longer. */
  kept(): AccessRequest;
}

/** What becomes of it. */
export type AccessDecision =
  | {
      readonly kind: "pass";
      /** Undefined: it goes on as it is. */
      readonly grant: AccessGrant | undefined;
    }
  | AccessRefusal;

export interface AccessRefusal {
  readonly kind: "answer";
  readonly status: AnswerStatus;
  readonly cause: AnswerCause;
}

/** Says who may come in. */
export interface AccessControl {
  /** At once, where it is known. All of the request that it needs later it has read before it returns. Never rejects. */
  decide(policy: AuthPolicy, request: AccessRequest): AccessDecision | Promise<AccessDecision>;
}

/** Lets none in: where no access control was given. */
export const NO_ACCESS: AccessControl = {
  decide: () => ({ kind: "answer", status: 503, cause: { reason: "closed-secret" } }),
};
