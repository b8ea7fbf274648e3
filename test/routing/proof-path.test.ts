import { describe, expect, it } from "vitest";
import { isProofPath } from "#src/filters/is-proof-path.ts";
import { ingressYaml, policyWorld, policyYaml } from "./policy-world.ts";

const TOKEN = "/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA";
const BASIC = { "auth-type": "basic", "auth-secret": "users" };
const OIDC = {
  issuer: "https://id.test/realms/shop",
  clientId: "web",
  clientSecretRef: { name: "web" },
  sessionKeysSecretRef: { name: "web" },
};
const JWT = { providers: [{ issuer: "https://id.test", audiences: ["shop"], jwks: { uri: "https://id.test/keys" } }] };

const SIGN_INS = [
  { name: "auth-type", annotations: BASIC, spec: undefined, asks: "basic" },
  { name: "auth-url", annotations: { "auth-url": "https://auth.test/" }, spec: undefined, asks: "external" },
  { name: "jwt of a policy", annotations: {}, spec: { jwt: JWT }, asks: "jwt" },
  { name: "oidc of a policy", annotations: {}, spec: { oidc: OIDC }, asks: "oidc" },
] as const;

/** What becomes of requests for an Ingress to which cert-manager has added the path of a proof (http01-edit-in-place). */
function editedInPlace(annotations: Readonly<Record<string, string>>, spec?: object) {
  const ingress = ingressYaml("web", { [`= ${TOKEN}`]: "other", "/": "web" }, { annotations });
  const policies = spec === undefined ? [] : [policyYaml("sign-in", [{ kind: "Ingress", name: "web" }], spec)];
  const world = policyWorld(ingress, ...policies);
  return (path: string) => {
    const filters = world.filters(path);
    if (typeof filters === "string") throw new Error(filters);
    return filters;
  };
}

describe("a path of its own for the proof of a certificate (HTTP-01)", () => {
  it.each(SIGN_INS)("asks for no sign-in, whatever its Ingress says: $name", ({ annotations, spec, asks }) => {
    const filters = editedInPlace(annotations, spec);
    expect(filters(TOKEN).auth).toBeUndefined();
    for (const path of ["/", "/.well-known/acme-challenge/other", `${TOKEN}/more`])
      expect(filters(path).auth?.[asks], path).toBeDefined();
  });

  it.each(SIGN_INS)("asks for it where it is rewritten to another path: $name", ({ annotations, spec, asks }) => {
    const filters = editedInPlace({ ...annotations, "rewrite-target": "/admin" }, spec);
    expect(filters(TOKEN).auth?.[asks]).toBeDefined();
  });

  it("keeps all else: the networks that may come in, also where any way in is enough", () => {
    const networks = { "whitelist-source-range": "192.0.2.0/24" };
    for (const more of [{}, { satisfy: "any" }])
      expect(editedInPlace({ ...BASIC, ...networks, ...more })(TOKEN).sources, JSON.stringify(more)).toBeDefined();
  });

  it.each([
    { path: TOKEN, is: true },
    { path: "/.well-known/acme-challenge/", is: true },
    { path: "/.well-known/acme-challenge", is: true },
    { path: "/.well-known/acme-challenges", is: false },
    { path: "/.well-known/acme-challenge/a/b", is: false },
    { path: "/.well-known/acme-challenge/x|/admin", is: false },
    { path: "/.well-known/acme-challenge/.*", is: false },
    { path: "/", is: false },
  ])("isProofPath($path) is $is: an expression is never one", ({ path, is }) => {
    expect(isProofPath(path)).toBe(is);
  });
});
