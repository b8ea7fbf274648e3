import { describe, expect, it } from "vitest";
import { isKnownKind, keyOf, parseObject } from "#src/model/object.ts";
import { codes, object, valueOf } from "./build.ts";
import { withPlacePrinted } from "#src/model/problem.ts";

const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" } };

describe("parseObject()", () => {
  it("fills in what a manifest leaves out", () => {
    const { metadata } = valueOf(parseObject({ ...service, spec: { a: 1 } }, { kind: "file", file: "test" }));
    expect(metadata).toEqual({ name: "web", namespace: "default", createdMs: 0, labels: {}, annotations: {} });
  });

  it("hands on what it does not read", () => {
    expect(
      valueOf(parseObject({ ...service, spec: { a: 1 }, data: [2] }, { kind: "file", file: "test" })),
    ).toMatchObject({
      spec: { a: 1 },
      data: [2],
    });
  });

  it("reads what an API server writes", () => {
    const metadata = { name: "web", uid: "u", resourceVersion: "7", creationTimestamp: "1970-01-01T00:00:01Z" };
    expect(valueOf(parseObject({ ...service, metadata }, { kind: "file", file: "test" })).metadata).toMatchObject({
      uid: "u",
      resourceVersion: "7",
      createdMs: 1_000,
    });
  });

  it.each([
    { kind: "Node", apiVersion: "v1", key: "a" },
    { kind: "IngressClass", apiVersion: "networking.k8s.io/v1", key: "a" },
    { kind: "Ingress", apiVersion: "networking.k8s.io/v1", key: "shop/a" },
  ])("gives $kind the key $key", ({ kind, apiVersion, key }) => {
    const parsed = parseObject(
      { kind, apiVersion, metadata: { name: "a", namespace: "shop" } },
      { kind: "file", file: "test" },
    );
    expect(keyOf(valueOf(parsed).metadata)).toBe(key);
  });

  it.each([
    { kind: "Service", what: 'Cannot read a Service of "v9"' },
    { kind: "IPAddressPool", what: 'Cannot read an IPAddressPool of "v9"' },
  ])("writes the article of $kind", ({ kind, what }) => {
    const parsed = parseObject({ ...service, kind, apiVersion: "v9" }, { kind: "file", file: "test.yaml" });
    expect(parsed.problems.map((problem) => problem.what)).toEqual([what]);
  });

  it.each([
    { name: "no map", value: "text", code: "OBJECT_NOT_A_MAP" },
    { name: "a list", value: [service], code: "OBJECT_NOT_A_MAP" },
    { name: "null", value: null, code: "OBJECT_NOT_A_MAP" },
    { name: "no kind", value: { apiVersion: "v1", metadata: { name: "a" } }, code: "FIELD_MISSING" },
    { name: "no version", value: { ...service, apiVersion: undefined }, code: "FIELD_MISSING" },
    { name: "another version", value: { ...service, apiVersion: "v2" }, code: "API_VERSION_UNKNOWN" },
    { name: "no metadata", value: { ...service, metadata: undefined }, code: "FIELD_MISSING" },
    { name: "no name", value: { ...service, metadata: { generateName: "x-" } }, code: "FIELD_MISSING" },
    { name: "a number as name", value: { ...service, metadata: { name: 5 } }, code: "FIELD_MISSING" },
    {
      name: "a dot in a Service's name",
      value: { ...service, metadata: { name: "a.b" } },
      code: "OBJECT_NAME_INVALID",
    },
    { name: "a slash", value: { ...service, metadata: { name: "a/b" } }, code: "OBJECT_NAME_INVALID" },
    { name: "64 letters", value: { ...service, metadata: { name: "a".repeat(64) } }, code: "OBJECT_NAME_INVALID" },
    { name: "..", value: { ...service, metadata: { name: "a", namespace: ".." } }, code: "OBJECT_NAME_INVALID" },
  ])("refuses $name", ({ value, code }) => {
    const parsed = parseObject(value, { kind: "file", file: "test.yaml", line: 1 });
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toEqual([code]);
    expect(parsed.problems.map(withPlacePrinted)[0]?.where).toMatch(/^test\.yaml:1/);
  });

  it.each([
    { kind: "Ingress", old: "extensions/v1beta1" },
    { kind: "Ingress", old: "networking.k8s.io/v1beta1" },
    { kind: "IngressClass", old: "networking.k8s.io/v1beta1" },
    { kind: "Deployment", old: "extensions/v1beta1" },
    { kind: "Deployment", old: "apps/v1beta1" },
    { kind: "Deployment", old: "apps/v1beta2" },
  ])("reads $kind of $old with a warning", ({ kind, old }) => {
    const parsed = parseObject({ apiVersion: old, kind, metadata: { name: "a" } }, { kind: "file", file: "test" });
    expect(valueOf(parsed).apiVersion).toBe(old);
    expect(codes(parsed.problems)).toEqual(["api_version_old"]);
  });

  it("takes annotations beside metadata for its own, which win", () => {
    const metadata = { name: "web", annotations: { a: "inside" } };
    const parsed = parseObject(
      { ...service, metadata, annotations: { a: "beside", b: "beside" } },
      { kind: "file", file: "test" },
    );
    expect(valueOf(parsed).metadata.annotations).toEqual({ a: "inside", b: "beside" });
    expect(codes(parsed.problems)).toEqual(["metadata_misplaced"]);
  });

  it.each([
    { written: 5, read: "5", code: "text_not_quoted" },
    { written: true, read: "true", code: "text_not_quoted" },
    { written: ["10.0.0.1"], read: "a list", code: "FIELD_WRONG_TYPE" },
  ])("reads the annotation $written as $read and says so", ({ written, read, code }) => {
    const parsed = parseObject(
      { ...service, metadata: { name: "web", annotations: { a: written } } },
      { kind: "file", file: "test" },
    );
    expect(valueOf(parsed).metadata.annotations).toEqual({ a: read });
    expect(codes(parsed.problems)).toEqual([code]);
  });

  it("is not fooled by the key __proto__", () => {
    const value = object(`{apiVersion: v1, kind: Node, metadata: {name: a, labels: {__proto__: x}}}`);
    expect(Object.getPrototypeOf(value.metadata.labels)).toBe(Object.prototype);
    expect(Object.hasOwn(value.metadata.labels, "__proto__")).toBe(true);
  });
});

describe("isKnownKind()", () => {
  it.each([
    { kind: "Service", apiVersion: "v1", is: true },
    { kind: "Ingress", apiVersion: "extensions/v1beta1", is: true },
    { kind: "Ingress", apiVersion: "v1", is: true },
    { kind: "Service", apiVersion: undefined, is: true },
    { kind: undefined, apiVersion: "v1", is: true },
    { kind: "Service", apiVersion: "serving.knative.dev/v1", is: false },
    { kind: "Ingress", apiVersion: "config.openshift.io/v1", is: false },
    { kind: "Role", apiVersion: "rbac.authorization.k8s.io/v1", is: false },
    { kind: "constructor", apiVersion: "v1", is: false },
    { kind: "IPAddressPool", apiVersion: "metallb.io/v1beta1", is: true },
    { kind: "IPAddressPool", apiVersion: "ipam.cluster.x-k8s.io/v1beta1", is: false },
    { kind: "BGPPeer", apiVersion: "metallb.io/v1beta1", is: true },
    { kind: "BGPPeer", apiVersion: "crd.projectcalico.org/v1", is: false },
    { kind: "AddressPool", apiVersion: "metallb.io/v1beta1", is: true },
    { kind: "ServiceL2Status", apiVersion: "metallb.io/v1beta1", is: false },
    { kind: "Namespace", apiVersion: "v1", is: true },
  ])("$apiVersion $kind: $is", ({ kind, apiVersion, is }) => {
    expect(isKnownKind({ kind, apiVersion })).toBe(is);
  });
});
