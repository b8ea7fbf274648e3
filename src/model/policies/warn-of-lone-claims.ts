import { child, complain, type Field, readList } from "#src/model/field.ts";
import type { PolicyPart } from "./policy-part.ts";

/** Warns of limits by claims in a policy that verifies no token: unless another policy does, all requests have no claim. */
export function warnOfLoneClaims(spec: Field, parts: readonly PolicyPart[]): void {
  if (parts.some(({ values }) => values.jwt !== undefined || values.oidc !== undefined)) return;
  const limits = parts.flatMap(({ values }) => values.rateLimits ?? []);
  const fields = readList(child(spec, "rateLimits"));
  for (const [index, { key }] of limits.entries()) {
    const part = key.findIndex(({ type }) => type === "Claim");
    if (part === -1 || fields[index] === undefined) continue;
    complain(readList(child(fields[index], "key"))[part]!, "RATE_LIMIT_WITHOUT_TOKEN", {
      what: "Counts all requests together",
      why: "this policy verifies no token, and without one there are no claims",
      fix: "Add jwt or oidc, or see that another policy of the same paths has it",
      severity: "warning",
    });
  }
}
