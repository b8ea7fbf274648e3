import type { VerifiedClaims } from "#src/auth/verified-claims.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { AccessRefusal, AccessRequest } from "#ingress/engine/access-control.ts";
import type { AccessGrant } from "#ingress/engine/access-grant.ts";

/** What is known of a request when a step begins. */
export interface KnownBefore {
  /** What earlier steps have verified of its sender; undefined: nothing. */
  readonly claims: VerifiedClaims | undefined;
  /** There is a place for it to wait. Where there is none, a step that would have to wait answers `BUSY`. */
  readonly mayWait: boolean;
}

/** A step lets a request go on to the next one. */
export interface PassedStep {
  readonly kind: "pass";
  /** What goes with the request from now on, besides what earlier steps have granted; undefined: nothing. */
  readonly grant: AccessGrant | undefined;
  /** What this step has verified of its sender, for later steps; missing: nothing more. */
  readonly claims?: VerifiedClaims | undefined;
}

export type StepDecision = PassedStep | AccessRefusal;

/** Of a step that decides at once, or waits. */
export type StepOutcome = StepDecision | Promise<StepDecision>;

/** One of the things that a request has to show before it comes in. */
export interface AccessStep {
  /**
   * Lets requests pass of which the policy asks nothing here. What it needs of the request after a wait it has read before it
   * returns. Never rejects.
   */
  decide(policy: AuthPolicy, request: AccessRequest, before: KnownBefore): StepOutcome;
}

export const PASSED: PassedStep = { kind: "pass", grant: undefined };
