import { describe, expect, it } from "vitest";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import type { KubeObject } from "#src/model/object.ts";
import { readApiObject } from "#src/source/kubernetes/read/read-api-object.ts";

type Fields = Readonly<Record<string, unknown>>;

const labels = { "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "controller" };
const endpoint = {
  addresses: ["198.51.100.1"],
  conditions: { ready: true, serving: true, terminating: false },
  nodeName: "a-node-with-a-long-name",
  targetRef: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" },
  zone: "a",
  deprecatedTopology: { "kubernetes.io/hostname": "a" },
};
const ports = [{ name: "http", port: 8080, protocol: "TCP" }];

/** An EndpointSlice as the API server sends it, each time from JSON of its own. */
function slice(more: Fields = {}): Fields {
  const metadata = { name: "web-1", namespace: "shop", uid: "u", resourceVersion: "1", labels };
  return structuredClone({ metadata, addressType: "IPv4", endpoints: [endpoint], ports, ...more });
}

function read(json: Fields): KubeObject {
  const object = readApiObject("EndpointSlice", json, () => expect.unreachable());
  if (object === undefined) throw new Error("this is no slice");
  return object;
}

describe("readApiObject() of an EndpointSlice", () => {
  it.each([
    { name: "with all", more: {} },
    { name: "without conditions and node", more: { endpoints: [{ addresses: ["198.51.100.1"] }] } },
    { name: "without endpoints", more: { endpoints: null, ports: null } },
    { name: "of another family", more: { addressType: "IPv6", endpoints: [{ addresses: ["2001:db8::1"] }] } },
    { name: "with an endpoint that is none", more: { endpoints: ["x", { addresses: [] }, endpoint] } },
    {
      name: "with fields of wrong types",
      more: { endpoints: [{ ...endpoint, conditions: 1, nodeName: 2 }], ports: {} },
    },
    { name: "of no Service", more: { metadata: { name: "x", namespace: "shop", labels: {} } } },
  ])("leaves what it means: one $name", ({ more }) => {
    const whole = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", ...slice(more) } as unknown as KubeObject;
    const metadata = { ...whole.metadata, createdMs: 0, annotations: {} };
    expect(parseEndpointSlice(read(slice(more)))).toEqual(parseEndpointSlice({ ...whole, metadata }));
  });

  it("keeps which pod an endpoint is, and nothing that nobody reads", () => {
    const object = read(slice());
    expect(object.metadata.labels).toEqual({ "kubernetes.io/service-name": "web" });
    const { addresses, conditions, nodeName } = endpoint;
    expect(object["endpoints"]).toEqual([{ addresses, conditions, nodeName, targetRef: { uid: "uid-1" } }]);
  });

  it("keeps once what two slices say in the same words", () => {
    const [one, other] = [read(slice()), read(slice())];
    expect(one["ports"]).toBe(other["ports"]);
    const conditionsOf = (object: KubeObject): unknown => (object["endpoints"] as readonly Fields[])[0]?.["conditions"];
    expect(conditionsOf(one)).toBe(conditionsOf(other));
  });
});
