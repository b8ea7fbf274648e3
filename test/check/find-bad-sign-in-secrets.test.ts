import { describe, expect, it } from "vitest";
import { printPlace } from "#src/model/problem-place.ts";
import { findingsIn } from "./found.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}], selector: {app: web}}
`;
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  tls: [{hosts: [a.com], secretName: web-tls}]
  rules:
    - host: a.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`;
const POLICY = `apiVersion: hawser.dev/v1alpha1
kind: HTTPPolicy
metadata: {name: sign-in, namespace: shop}
spec:
  targetRefs: [{kind: Ingress, name: web}]
  oidc:
    issuer: https://id.test
    clientId: web
    clientSecretRef: {name: web}
    sessionKeysSecretRef: {name: web}
    caSecretRef: {name: ca}
`;
const secret = (name: string, data: Readonly<Record<string, string>>) =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: shop}\nstringData: ${JSON.stringify(data)}\n`;
const KEYS = Buffer.alloc(32, 1).toString("base64");

const found = (...texts: readonly string[]) =>
  findingsIn([SERVICE, INGRESS, POLICY, ...texts])
    .filter(({ code }) => code.startsWith("OIDC_") || code === "SECRET_KEY_MISSING")
    .map(({ code, at, severity }) => `${severity} ${code} ${printPlace(at)}`);

describe("hawser check of Secrets for sign-in", () => {
  it("warns at each field of a policy that names a Secret which is not there", () =>
    expect(found()).toEqual(
      ["sessionKeysSecretRef", "clientSecretRef", "caSecretRef"].map((field): unknown =>
        expect.stringMatching(
          new RegExp(`^warning OIDC_SECRET_UNUSABLE .*"shop/sign-in" spec\\.oidc\\.${field}\\.name$`),
        ),
      ),
    ));

  it("says what of a Secret cannot be used", () => {
    const texts = found(secret("web", { "session-keys": "short" }), secret("ca", {}));
    expect(texts).toEqual([
      expect.stringMatching(/^error OIDC_SECRET_UNUSABLE .*"shop\/web" stringData\["session-keys"\]$/),
      expect.stringMatching(/^error SECRET_KEY_MISSING .*"shop\/web" data\["client-secret"\]$/),
      expect.stringMatching(/^error SECRET_KEY_MISSING .*"shop\/ca" data\["ca\.crt"\]$/),
    ]);
  });

  it("finds nothing wrong with one that can be used", () =>
    expect(
      found(secret("web", { "session-keys": KEYS, "client-secret": "s" })).filter((text) => !text.includes("caSecret")),
    ).toEqual([]));
});
