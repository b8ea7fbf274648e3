import { parse } from "yaml";
import { objectAt } from "#src/model/problem-place.ts";
import type { Problem } from "#src/model/problem.ts";
import { type OidcPolicy, readOidcPolicy } from "#src/model/policies/oidc-policy.ts";

/** What is read of `oidc` of the policy `shop/web`, written as YAML, and the Problems. */
export function readOidc(text: string): {
  readonly policy: OidcPolicy | undefined;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const holder = objectAt("HTTPPolicy", "shop/web");
  return { policy: readOidcPolicy({ value: parse(text), holder, path: "spec.oidc", problems }), problems };
}

/** What every policy has to say. */
export const OIDC = `
issuer: https://id.test/realms/shop
clientId: web
clientSecretRef: { name: web }
sessionKeysSecretRef: { name: web }
`;

/** A policy that says so, and this besides. */
export function oidcPolicy(more = ""): OidcPolicy {
  const { policy, problems } = readOidc(OIDC + more);
  if (policy === undefined) throw new Error(JSON.stringify(problems));
  return policy;
}
