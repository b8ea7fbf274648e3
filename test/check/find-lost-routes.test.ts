import { describe, expect, it } from "vitest";
import { printPlace } from "#src/model/problem-place.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { findingsIn, found } from "./found.ts";

const ingress = (name: string, more = "") =>
  [
    "apiVersion: networking.k8s.io/v1",
    "kind: Ingress",
    `metadata: { name: ${name}${more} }`,
    "spec:",
    "  ingressClassName: hawser",
    "  tls: [{ hosts: [a.com], secretName: cert }]",
    "  rules:",
    "    - host: a.com",
    "      http:",
    "        paths:",
    `          - { path: /x, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }`,
  ].join("\n");

describe("checkFiles() of rules that lose", () => {
  it("I15 finds the loser at its line, whatever the order of the files", () => {
    const older = ", creationTimestamp: 2026-01-01T00:00:00Z";
    const younger = ", creationTimestamp: 2026-02-01T00:00:00Z";
    expect(found(ingress("a", older), ingress("b", younger))).toEqual(["warning INGRESS_PATH_TAKEN f.yaml:23"]);
    expect(found(ingress("a", younger), ingress("b", older))).toEqual(["warning INGRESS_PATH_TAKEN f.yaml:11"]);
  });

  it("I16 checks the Ingresses of the controller that the ingress serves", () => {
    const nginx =
      "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: hawser }\nspec: { controller: k8s.io/ingress-nginx }";
    const documents = [nginx, ingress("a"), ingress("b")];
    const codes = (controllerClass: string) => findingsIn(documents, { controllerClass }).map(({ code }) => code);
    expect(codes("k8s.io/ingress-nginx")).toEqual(["INGRESS_PATH_TAKEN"]);
    expect(codes("hawser.dev/ingress")).toEqual(["INGRESS_CLASS_FOREIGN"]);
  });

  it("I15 names the winner", () => {
    const [finding] = findingsIn([ingress("a"), ingress("b")]);
    expect(finding && printPlace(finding.at)).toBe('Ingress "default/b" spec.rules[0].http.paths[0]');
    expect(finding?.why).toContain('"default/a" spec.rules[0].http.paths[0]');
  });
});

describe("checkFiles() of certificates", () => {
  const issue = (keyType: "ec" | "rsa", name: string, toMs: number) =>
    issueCertificate({ commonName: "x", keyType, names: [name], fromMs: 0, toMs });
  const farMs = Date.now() + 1_000 * 86_400_000;
  const rsa = issue("rsa", "a.com", farMs);
  const ec = issue("ec", "a.com", farMs);
  const secret = (certificatePem: string, privateKeyPem: string) => {
    const stringData = { "tls.crt": certificatePem, "tls.key": privateKeyPem };
    const metadata = { name: "cert" };
    return JSON.stringify({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, stringData });
  };
  const past = issue("ec", "a.com", Date.now() - 1);
  const other = issue("ec", "b.com", farMs);

  it.each([
    { name: "a good one", text: secret(ec.certificatePem, ec.privateKeyPem), is: [] },
    { name: "RSA with an EC key", text: secret(rsa.certificatePem, ec.privateKeyPem), is: ["error SECRET_UNUSABLE"] },
    { name: "EC with an RSA key", text: secret(ec.certificatePem, rsa.privateKeyPem), is: ["error SECRET_UNUSABLE"] },
    {
      name: "EC with another key",
      text: secret(ec.certificatePem, other.privateKeyPem),
      is: ["error SECRET_UNUSABLE"],
    },
    {
      name: "the wrong order",
      text: secret(other.certificatePem + ec.certificatePem, ec.privateKeyPem),
      is: ["warning SECRET_CHAIN_ORDER"],
    },
    { name: "an expired one", text: secret(past.certificatePem, past.privateKeyPem), is: ["warning SECRET_EXPIRED"] },
    {
      name: "one for another host",
      text: secret(other.certificatePem, other.privateKeyPem),
      is: ["warning SECRET_HOST_NOT_COVERED"],
    },
  ])("I8 $name", ({ text, is }) => {
    expect(found(text, ingress("a"))).toEqual(is.map((one) => `${one} f.yaml:1`));
  });
});
