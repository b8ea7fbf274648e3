import { describe, expect, it } from "vitest";
import { NamingIngresses } from "#ingress/reader/naming-ingresses.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { jwtPolicyOf } from "#test/support/jwt-proxy.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const one = (more: Partial<Ingress> = {}, host = "a.test"): Ingress => ingressOf("i", { [host]: { "/": "s" } }, more);
const withTls = (hosts: readonly string[], secretName: string, more: Partial<Ingress> = {}, host = "a.test"): Ingress =>
  one({ tls: [{ hosts, secretName }], ...more }, host);
const set = (settings: PathSettings): Ingress => one({ settings });
const basic = (authSecret: string) => set({ authType: "basic", authSecret });
const jwtAt = (name: string) => set({ jwt: jwtPolicyOf({ issuer: "https://id.test", jwks: { secretRef: { name } } }) });

describe("after a change Ingresses name the same", () => {
  it.each([
    { name: "where none is there before and after", before: undefined, after: undefined },
    { name: "where a new one names nothing", before: undefined, after: one() },
    { name: "where one that named nothing goes", before: one(), after: undefined },
    {
      name: "where only a setting changes",
      before: withTls([], "t"),
      after: withTls([], "t", { settings: { bodyBytes: 1 } }),
    },
    { name: "where another host is served", before: one(), after: one({}, "b.test") },
    { name: "where another certificate is named", before: withTls([], "t"), after: withTls([], "u") },
    { name: "where it is made again without a certificate", before: one(), after: one({ createdMs: 1 }) },
    { name: "where passwords stay", before: basic("default/p"), after: basic("default/p") },
    { name: "where keys of tokens stay", before: jwtAt("k"), after: jwtAt("k") },
  ])("$name", ({ before, after }) => expect(nameTheSame(before, after)).toBe(true));
});

describe("after a change Ingresses do not name the same", () => {
  it.each([
    { name: "where passwords are asked for", before: one(), after: basic("default/p") },
    { name: "where passwords are in another Secret", before: basic("default/p"), after: basic("default/q") },
    {
      name: "where the Secret is read otherwise",
      before: basic("default/p"),
      after: set({ authType: "basic", authSecret: "default/p", authSecretType: "auth-map" }),
    },
    { name: "where endpoints get a certificate", before: one(), after: set({ proxySslSecret: "default/c" }) },
    {
      name: "where endpoints are verified",
      before: set({ proxySslSecret: "default/c" }),
      after: set({ proxySslSecret: "default/c", proxySslVerify: true }),
    },
    { name: "where clients sign in", before: one(), after: set({ oidc: oidcPolicy() }) },
    { name: "where keys of tokens are elsewhere", before: jwtAt("k"), after: jwtAt("l") },
    { name: "where fields of answers are named", before: one(), after: set({ customHeaders: "default/h" }) },
    { name: "where fields of questions are named", before: one(), after: set({ authSetHeaders: "default/h" }) },
  ])("$name", ({ before, after }) => {
    expect(nameTheSame(before, after)).toBe(false);
    expect(nameTheSame(after, before)).toBe(false);
  });
});

/** Whether what an Ingress names is the same after a change, beside another one. */
function nameTheSame(before: Ingress | undefined, after: Ingress | undefined): boolean {
  const naming = new NamingIngresses();
  const other = { ...one(), key: "default/other" };
  naming.update([{ key: "default/i", after: before }]);
  const isNew = naming.update([
    { key: other.key, after: other },
    { key: "default/i", after },
  ]);
  // Those that name nothing are not kept.
  expect(naming.all().every((ingress) => ingress === after)).toBe(true);
  return !isNew;
}
