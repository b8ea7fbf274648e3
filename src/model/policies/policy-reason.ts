/**
 * What becomes of an HTTPPolicy: the closed set that is the reason of its condition `Accepted`, and of Events about it. The texts are a
 * table in docs/policies.md; a test compares the two.
 */
export const POLICY_REASONS = {
  Accepted: "It is in use for all its targets.",
  Invalid:
    "Something that it says cannot be read, or cannot be served for one of its targets. What it is attached to is closed.",
  Conflicted:
    "Another policy at the same level says otherwise of the same paths. Where one could be more open than the other, these are closed; otherwise the older policy counts.",
  TargetNotFound:
    "A target does not exist, or no Ingress sends requests to it. For its other targets the policy is in use.",
} as const;

export type PolicyReason = keyof typeof POLICY_REASONS;
