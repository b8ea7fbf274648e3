import { parse } from "yaml";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import { readRateLimits } from "#src/model/policies/rate-limit-policy.ts";
import { printProblem } from "#src/model/problem.ts";
import { fieldOf } from "./field-of.ts";
import { ingressOf } from "./ingress-objects.ts";

/** An Ingress that sends all of `a.com` to the Service `s`, with the `rateLimits` of an HTTPPolicy, in YAML. */
export function limitedIngress(rateLimits: string, settings: IngressSettings = {}): Ingress {
  const { field, problems } = fieldOf(parse(rateLimits), { policy: "default/limits", path: "spec.rateLimits" });
  const read = readRateLimits(field);
  if (problems.length > 0) throw new Error(problems.map(printProblem).join("\n"));
  const all: PathSettings = { ...settings, ...(read && { rateLimits: read }) };
  return ingressOf("i", { "a.com": { "/": "s" } }, { settings: all });
}
