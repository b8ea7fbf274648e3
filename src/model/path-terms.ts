import type { Ingress } from "./ingress.ts";
import type { PathSettings } from "./policies/policy-slots.ts";

/** On which terms the requests for a path are served. */
export interface PathTerms {
  readonly settings: PathSettings;
  /** What is said of the path closes it, whatever its target would be. */
  readonly isClosed: boolean;
  /** The settings say who may come in, or how often. */
  readonly isRestricted: boolean;
}

/** The terms of all paths of an Ingress, each of them once. */
export function allTerms(ingress: Ingress): readonly PathTerms[] {
  return [termsOf(ingress)];
}

/** The terms that an Ingress says of its paths. */
export function termsOf({ settings, closed, isRestricted }: Ingress): PathTerms {
  return { settings, isClosed: closed !== undefined, isRestricted: isRestricted === true };
}
