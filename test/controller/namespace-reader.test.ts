import { NamespaceReader } from "#controller/namespace-reader.ts";
import type { KubeObject } from "#src/model/object.ts";
import { describe, expect, it } from "vitest";

function namespace(name: string, labels: Readonly<Record<string, string>>): [string, KubeObject] {
  const metadata = { name, namespace: "", createdMs: 0, labels, annotations: {} };
  return [name, { apiVersion: "v1", kind: "Namespace", metadata }];
}

describe("NamespaceReader", () => {
  it("A has the labels of all namespaces, and the same map until one differs", () => {
    let objects = new Map([namespace("shop", { team: "x" })]);
    const reader = new NamespaceReader(() => objects);
    const first = reader.read();
    expect(first).toEqual(new Map([["shop", { team: "x" }]]));
    objects = new Map([namespace("shop", { team: "x" })]);
    reader.mark();
    expect(reader.read()).toBe(first);
    objects = new Map([namespace("shop", { team: "y" }), namespace("lab", {})]);
    expect(reader.read()).toBe(first);
    reader.mark();
    expect(reader.read()).toEqual(
      new Map([
        ["shop", { team: "y" }],
        ["lab", {}],
      ]),
    );
  });
});
