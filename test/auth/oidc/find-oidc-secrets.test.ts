import { describe, expect, it } from "vitest";
import { findOidcSecrets, oidcSecretClaims } from "#src/auth/oidc/find-oidc-secrets.ts";
import type { KubeObject } from "#src/model/object.ts";
import { printProblem } from "#src/model/problem.ts";
import { codes, object } from "#test/model/build.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const KEY = Buffer.alloc(32, 1).toString("base64");
const OTHER = Buffer.alloc(32, 2);
const { certificatePem } = issueCertificate({
  commonName: "authority",
  keyType: "ec",
  fromMs: Date.now() - 1_000,
  toMs: Date.now() + 1_000_000,
});
const policy = oidcPolicy("caSecretRef: { name: ca }");
const ingress = ingressOf("web", { "a.test": { "/": "s" } }, { settings: { oidc: policy } as never });

function secret(stringData: Readonly<Record<string, string>>): KubeObject {
  return object(
    JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "web", namespace: "shop" }, stringData }),
  );
}

function find(secrets: Readonly<Record<string, KubeObject>>) {
  return findOidcSecrets(oidcSecretClaims([ingress]), (key) => secrets[key]);
}

const CA = secret({ "ca.crt": certificatePem });

describe("findOidcSecrets()", () => {
  it("claims the Secrets of the policy's namespace, each for what it is named for", () =>
    expect(oidcSecretClaims([ingress]).map(({ secret: key, kind }) => `${kind} ${key}`)).toEqual([
      "sessionKeys shop/web",
      "clientSecrets shop/web",
      "authorities shop/ca",
    ]));

  it("claims none of a path that is closed", () =>
    expect(oidcSecretClaims([{ ...ingress, closed: "closed-restriction" }])).toEqual([]));

  it.each([
    { of: "base64", text: KEY, keys: 1 },
    { of: "base64 for URLs, without its end", text: OTHER.toString("base64url"), keys: 1 },
    { of: "hexadecimal", text: OTHER.toString("hex"), keys: 1 },
    { of: "two lines", text: `${KEY}\n\n${OTHER.toString("base64")}\r\n`, keys: 2 },
  ])("reads keys in $of", ({ text, keys }) => {
    const found = find({ "shop/web": secret({ "client-secret": " s3cret\n", "session-keys": text }), "shop/ca": CA });
    expect(found.problems.map(printProblem)).toEqual([]);
    expect(found.secrets.sessionKeys.get("shop/web")).toHaveLength(keys);
    expect(found.secrets.clientSecrets.get("shop/web")).toBe("s3cret");
    expect(found.secrets.authorities.get("shop/ca")).toBe(certificatePem);
  });

  it("reads each version of a Secret once, for each thing that it is named for", () => {
    const both = secret({ "client-secret": "s", "session-keys": KEY, "ca.crt": certificatePem });
    const secrets = { "shop/web": both, "shop/ca": both };
    const [first, again] = [find(secrets), find(secrets)];
    expect(again.secrets).toEqual(first.secrets);
    expect(again.secrets.sessionKeys.get("shop/web")).toBe(first.secrets.sessionKeys.get("shop/web"));
    expect(first.secrets.clientSecrets.get("shop/web")).toBe("s");
    expect(first.secrets.authorities.get("shop/ca")).toBe(certificatePem);
  });

  it.each([
    { of: "is empty", data: { "session-keys": "\n" } },
    { of: "is too short", data: { "session-keys": Buffer.alloc(31).toString("base64") } },
    { of: "is a word", data: { "session-keys": "correct horse battery staple" } },
    { of: "has a line that is no key", data: { "session-keys": `${KEY}\nhunter2` } },
    { of: "has a key twice", data: { "session-keys": `${KEY}\n${KEY}` } },
    {
      of: "has too many",
      data: {
        "session-keys": Array.from({ length: 9 }, (_, index) => Buffer.alloc(32, index).toString("hex")).join("\n"),
      },
    },
    { of: "has no client secret", data: { "client-secret": " " } },
    { of: "has a client secret beyond ASCII", data: { "client-secret": "passé" } },
  ])("closes the paths where a Secret $of, and repeats nothing of it", ({ data }) => {
    const found = find({ "shop/web": secret({ "session-keys": KEY, "client-secret": "s", ...data }), "shop/ca": CA });
    expect(codes(found.problems)).toEqual(["OIDC_SECRET_UNUSABLE"]);
    expect(found.faults.map(({ ingress: { key } }) => key)).toEqual(["default/web"]);
    for (const text of Object.values(data).flatMap((value) => value.split(/\s+/)))
      if (text.length > 3) expect(found.problems.map(printProblem).join()).not.toContain(text);
  });

  it("closes the paths where a key or a Secret is missing, or cannot be read", () => {
    expect(codes(find({ "shop/web": secret({}), "shop/ca": secret({}) }).problems)).toEqual([
      "SECRET_KEY_MISSING",
      "SECRET_KEY_MISSING",
      "SECRET_KEY_MISSING",
    ]);
    expect(codes(find({}).problems)).toEqual(Array.from({ length: 2 }, () => "OIDC_SECRET_UNUSABLE"));
    const bad = secret({
      "session-keys": KEY,
      "client-secret": "s",
      "ca.crt": certificatePem.replace(/\n[^-]{20}/, "\nAAAA"),
    });
    const found = find({ "shop/web": bad, "shop/ca": bad });
    expect(codes(found.problems)).toEqual(["OIDC_SECRET_UNUSABLE"]);
    expect(found.secrets.authorities.size).toBe(0);
  });
});
