import { describe, expect, it } from "vitest";
import { compareVersions, readApiObject } from "#src/source/kubernetes/read/read-api-object.ts";

describe("readApiObject()", () => {
  const complain = (): never => expect.unreachable();

  it("leaves out what takes memory and is read by nobody", () => {
    const annotations = { a: "1", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const metadata = { name: "a", namespace: "shop", generation: 3, managedFields: [{}], annotations };
    expect(readApiObject("Service", { metadata }, complain)).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a", namespace: "shop", createdMs: 0, labels: {}, annotations: { a: "1" } },
    });
  });

  it.each([
    { kind: "Node", full: { status: { images: [{}], addresses: [] } }, kept: { status: { addresses: [] } } },
    { kind: "Secret", full: { data: { "tls.crt": "YQ==", password: "x" } }, kept: { data: { "tls.crt": "YQ==" } } },
    // Certificates for TLS with endpoints and clients, by whom they are verified.
    {
      kind: "Secret",
      full: { data: { "tls.crt": "YQ==", "tls.key": "YQ==", "ca.crt": "YQ==", password: "x" } },
      kept: { data: { "tls.crt": "YQ==", "tls.key": "YQ==", "ca.crt": "YQ==" } },
    },
    {
      kind: "Secret",
      full: { data: { "tls.crt": "YQ==", "ca.crt": "YQ==", "ca.crl": "YQ==", password: "x" } },
      kept: { data: { "tls.crt": "YQ==", "ca.crt": "YQ==", "ca.crl": "YQ==" } },
    },
    { kind: "Secret", full: { data: { "ca.crt": "YQ==" } }, kept: { data: { "ca.crt": "YQ==" } } },
    // Names and passwords for auth-type basic, in the two forms of auth-secret-type.
    { kind: "Secret", full: { data: { auth: "YQ==" } }, kept: { data: { auth: "YQ==" } } },
    { kind: "Secret", full: { data: { user: "YQ==" } }, kept: { data: { user: "YQ==" } } },
    {
      kind: "EndpointSlice",
      full: { endpoints: [{ addresses: ["10.0.0.1"], targetRef: { name: "web-1", uid: "u" }, zone: "a" }] },
      kept: { endpoints: [{ addresses: ["10.0.0.1"], targetRef: { uid: "u" } }] },
    },
    { kind: "Namespace", full: { spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } }, kept: {} },
  ] as const)("keeps of a $kind what is read", ({ kind, full, kept }) => {
    const {
      metadata: _metadata,
      apiVersion: _version,
      ...rest
    } = readApiObject(kind, { metadata: { name: "a" }, ...full }, complain) ?? {};
    expect(rest).toEqual({ kind, ...kept });
  });
});

describe("compareVersions()", () => {
  it.each([
    { left: "9", right: "10", is: -1 },
    { left: "10", right: "9", is: 1 },
    { left: "123456789012345678901", right: "123456789012345678902", is: -1 },
    { left: "10", right: "10", is: 0 },
    { left: "a", right: "10", is: 0 },
  ])("$left and $right", ({ left, right, is }) => expect(Math.sign(compareVersions(left, right))).toBe(is));
});

describe("readApiObject() of an HTTPPolicy", () => {
  it("E keeps the generation, which its status names", () => {
    const metadata = { name: "p", namespace: "shop", generation: 3 };
    const object = readApiObject("HTTPPolicy", { metadata, spec: {} }, () => expect.unreachable());
    expect(object?.metadata.generation).toBe(3);
  });
});
