import type { Ingress } from "./ingress.ts";
import type { PolicyPart } from "./policies/policy-part.ts";
import type { PathSettings } from "./policies/policy-slots.ts";

/** On which terms the requests for a path are served. */
export interface PathTerms {
  readonly settings: PathSettings;
  /** What is said of the path closes it, whatever its target would be. */
  readonly isClosed: boolean;
  /** The settings say who may come in, or how often. */
  readonly isRestricted: boolean;
  /** What of the settings policies say; undefined: no policy is attached to the path. Paths with the same policies share it. */
  readonly applied?: readonly AppliedPart[];
  /** Policies (`namespace/name`) that are attached to the path, also those of which nothing counts. */
  readonly policies?: readonly string[];
}

/** A part of a policy that counts for a path. */
export interface AppliedPart {
  /** `namespace/name` of the policy. */
  readonly policy: string;
  readonly part: PolicyPart;
}

/** The terms of all paths of an Ingress, each of them once. */
export function allTerms(ingress: Ingress): readonly PathTerms[] {
  return ingress.ownTerms ?? [termsOf(ingress)];
}

/** The terms that an Ingress says of its paths, without what policies say. */
export function termsOf({ settings, closed, isRestricted }: Ingress): PathTerms {
  return { settings, isClosed: closed !== undefined, isRestricted: isRestricted === true };
}
