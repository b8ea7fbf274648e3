import { describe, expect, it } from "vitest";
import type { KubeObject } from "#src/model/object.ts";
import { parseService } from "#src/model/service.ts";
import { readApiObject } from "#src/source/kubernetes/read/read-api-object.ts";
import { SharedValues } from "#src/source/kubernetes/read/shared-values.ts";

type Fields = Readonly<Record<string, unknown>>;

const metadata = { name: "a", namespace: "a-long-namespace", uid: "u", resourceVersion: "1" };
const ports = [{ name: "http", protocol: "TCP", port: 80, targetPort: "web", nodePort: 30_080 }];
const v4 = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };

/** A Service as the API server sends it. */
function service(spec: Fields, more: Fields = {}): Fields {
  return structuredClone({ metadata: { ...metadata, ...more }, spec: { type: "LoadBalancer", ports, ...spec } });
}

function read(json: unknown): KubeObject {
  const object = readApiObject("Service", json, () => expect.unreachable());
  if (object === undefined) throw new Error("this is no Service");
  return object;
}

describe("readApiObject() of a Service", () => {
  it.each([
    { name: "of one family", spec: v4 },
    { name: "of IPv6", spec: { ...v4, clusterIP: "fd00::1", clusterIPs: ["fd00::1"], ipFamilies: ["IPv6"] } },
    { name: "that would like two families and has one", spec: { ...v4, ipFamilyPolicy: "PreferDualStack" } },
    {
      name: "of two families",
      spec: {
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1", "fd00::1"],
        ipFamilies: ["IPv4", "IPv6"],
        ipFamilyPolicy: "RequireDualStack",
      },
    },
    { name: "of an old API server", spec: { clusterIP: "fd00::1" } },
    { name: "with addresses and no families", spec: { clusterIP: "fd00::1", clusterIPs: ["fd00::1"] } },
    { name: "without a port, headless", spec: { clusterIP: "None", clusterIPs: ["None"], ports: [] } },
    { name: "headless, of one family", spec: { ...v4, clusterIP: "None", clusterIPs: ["None"], ports: undefined } },
    { name: "without anything", spec: {} },
  ])("leaves what it means: one $name", ({ spec }) => {
    const whole = { apiVersion: "v1", kind: "Service", ...service(spec) } as unknown as KubeObject;
    const meant = parseService({
      ...whole,
      metadata: { ...whole.metadata, createdMs: 0, labels: {}, annotations: {} },
    });
    expect(parseService(read(service(spec)))).toEqual(meant);
  });

  it("leaves out what the API server gave and nobody reads; pools and advertisements select by labels", () => {
    const object = read(service({ ...v4, sessionAffinity: "ClientIP" }, { labels: { app: "a" } }));
    expect(object.metadata.labels).toEqual({ app: "a" });
    const [{ nodePort: _nodePort, ...port } = {}] = ports as readonly Fields[];
    const { clusterIPs: _clusterIPs, ...families } = v4;
    expect(object["spec"]).toEqual({ type: "LoadBalancer", ports: [port], sessionAffinity: "ClientIP", ...families });
  });

  it("leaves a status as it is", () => {
    const lastTransitionTime = "2026-01-02T03:04:05Z";
    const condition = { type: "example.org/Ready", status: "True", observedGeneration: 3, lastTransitionTime };
    const status = {
      loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] },
      conditions: [condition, "odd", null],
    };
    expect(read({ ...service(v4), status: structuredClone(status) })["status"]).toEqual(status);
  });

  it.each([
    { name: "spec", json: { metadata, spec: "none" } },
    { name: "ports", json: { metadata, spec: { ports: "none", ipFamilies: 4, clusterIPs: {} } } },
    { name: "a port", json: { metadata, spec: { ports: [null, 80, "http"] } } },
    { name: "status", json: { metadata, spec: {}, status: ["none"] } },
    { name: "conditions", json: { metadata, spec: {}, status: { conditions: "none" } } },
  ])("hands on what has the wrong shape: $name", ({ json }) => {
    expect(read(structuredClone(json))).toMatchObject({ spec: json.spec });
  });

  it("keeps what many say in the same words once", () => {
    const objects = ["a", "b"].map((name) => read(service({ ...v4 }, { name })));
    const [left, right] = objects.map((object) => object["spec"] as Fields);
    expect(left?.["ports"]).toBe(right?.["ports"]);
    expect(left?.["ipFamilies"]).toBe(right?.["ipFamilies"]);
  });
});

describe("SharedValues", () => {
  it("gives the first of equal values", () => {
    const shared = new SharedValues<readonly number[]>();
    const first = shared.get("[1]", [1]);
    expect(shared.get("[1]", [1])).toBe(first);
    expect(shared.get("[2]", [2])).toEqual([2]);
  });

  it("keeps what comes again and again, and forgets what came once", () => {
    const shared = new SharedValues<object>();
    const [often, once] = [{}, {}];
    shared.get("once", once);
    for (let count = 0; count < 1_000; count++) {
      expect(shared.get("often", count === 0 ? often : {})).toBe(often);
      shared.get(`other ${count}`, {});
    }
    const again = {};
    expect(shared.get("once", again)).toBe(again);
  });
});
