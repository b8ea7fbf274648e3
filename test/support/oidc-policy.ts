import { parse } from "yaml";
import type { Problem } from "#src/model/problem.ts";
import { type OidcPolicy, readOidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { fieldOf } from "./field-of.ts";

/** What is read of `oidc` of the policy `shop/web`, written as YAML, and the Problems. */
export function readOidc(text: string): {
  readonly policy: OidcPolicy | undefined;
  readonly problems: readonly Problem[];
} {
  const { field, problems } = fieldOf(parse(text), { policy: "shop/web", path: "spec.oidc" });
  return { policy: readOidcPolicy(field), problems };
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
