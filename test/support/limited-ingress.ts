import { parse } from "yaml";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Field } from "#src/model/field.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { readRateLimits } from "#src/model/policies/rate-limit-policy.ts";
import { printProblem, type Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { ingressOf } from "./ingress-objects.ts";

/** An Ingress that sends all of `a.com` to the Service `s`, with the `rateLimits` of an HTTPPolicy, in YAML. */
export function limitedIngress(rateLimits: string, settings: IngressSettings = {}): Ingress {
  const problems: Problem[] = [];
  const holder = objectAt("HTTPPolicy", "default/limits");
  const field: Field = { value: parse(rateLimits), holder, path: "spec.rateLimits", problems };
  const read = readRateLimits(field);
  if (problems.length > 0) throw new Error(problems.map(printProblem).join("\n"));
  const all: IngressSettings = Object.assign({}, settings, { rateLimits: read });
  return ingressOf("i", { "a.com": { "/": "s" } }, { settings: all });
}
