import { describe, expect, it } from "vitest";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseService } from "#src/model/service.ts";
import { backendsOf } from "#src/routing/ingress/backend.ts";
import { object, valueOf } from "#test/model/build.ts";

type Fields = Readonly<Record<string, unknown>>;

const http = { name: "http", port: 80, targetPort: 8080 };

/** The endpoints of port 80 of a Service with these slices, or undefined where it has no such backend. */
function endpointsOf({ spec = {}, slices, name = "s" }: { spec?: Fields; slices: readonly Fields[]; name?: string }) {
  const service = { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports: [http], ...spec } };
  const read = slices.map((slice, index) => {
    const metadata = { name: `${name}-${index}`, labels: { "kubernetes.io/service-name": name } };
    const ports = [{ name: "http", port: 8080 }];
    const fields = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4", metadata, ports };
    return valueOf(parseEndpointSlice(object(JSON.stringify({ ...fields, ...slice }))));
  });
  const backends = backendsOf(valueOf(parseService(object(JSON.stringify(service)))), { slices: read });
  return backends.get(`default/${name}:80`)?.endpoints.map(({ address, port }) => `${address} ${port}`);
}

const ready = (...addresses: readonly string[]) => addresses.map((address) => ({ addresses: [address] }));
const long = `s${"x".repeat(62)}`;

describe("backendsOf()", () => {
  it.each([
    {
      name: "I-B9 a named targetPort that is another number in each pod",
      of: {
        spec: { ports: [{ ...http, targetPort: "web" }] },
        slices: [
          { endpoints: ready("10.0.0.1"), ports: [{ name: "http", port: 8080 }] },
          { endpoints: ready("10.0.0.2"), ports: [{ name: "http", port: 9090 }] },
        ],
      },
      is: ["10.0.0.1 8080", "10.0.0.2 9090"],
    },
    {
      name: "I-B10 a headless Service, by its endpoints",
      of: { spec: { clusterIP: "None" }, slices: [{ endpoints: ready("10.0.0.1") }] },
      is: ["10.0.0.1 8080"],
    },
    {
      name: "I-B10 a headless Service without the port",
      of: {
        spec: { clusterIP: "None", ports: [{ name: "other", port: 81 }] },
        slices: [{ endpoints: ready("10.0.0.1") }],
      },
      is: undefined,
    },
    {
      name: "I-B11 a Service without selector, by slices that a person wrote",
      of: { spec: { selector: undefined }, slices: [{ endpoints: ready("192.0.2.1") }] },
      is: ["192.0.2.1 8080"],
    },
    {
      name: "I-B12 several slices, each endpoint once",
      of: { slices: [{ endpoints: ready("10.0.0.1", "10.0.0.2") }, { endpoints: ready("10.0.0.2", "10.0.0.3") }] },
      is: ["10.0.0.1 8080", "10.0.0.2 8080", "10.0.0.3 8080"],
    },
    {
      name: "I-B13 a Service with a name of 63 characters",
      of: { name: long, slices: [{ endpoints: ready("10.0.0.1") }] },
      is: ["10.0.0.1 8080"],
    },
    {
      name: "I-B19 a Service of both families, by its first one",
      of: {
        spec: { ipFamilies: ["IPv6", "IPv4"], ipFamilyPolicy: "RequireDualStack" },
        slices: [{ endpoints: ready("10.0.0.1") }, { addressType: "IPv6", endpoints: ready("2001:db8::1") }],
      },
      is: ["2001:db8::1 8080"],
    },
    {
      name: "I-B19 by the other family where the first has none",
      of: {
        spec: { ipFamilies: ["IPv6", "IPv4"], ipFamilyPolicy: "RequireDualStack" },
        slices: [{ endpoints: ready("10.0.0.1") }, { addressType: "IPv6", endpoints: [] }],
      },
      is: ["10.0.0.1 8080"],
    },
    {
      name: "I-E1 an endpoint that does not say whether it is ready",
      of: { slices: [{ endpoints: [{ addresses: ["10.0.0.1"], conditions: {} }] }] },
      is: ["10.0.0.1 8080"],
    },
    {
      name: "I-E2 none that is not ready",
      of: {
        slices: [{ endpoints: [...ready("10.0.0.1"), { addresses: ["10.0.0.2"], conditions: { ready: false } }] }],
      },
      is: ["10.0.0.1 8080"],
    },
    {
      name: "I-E5 those of publishNotReadyAddresses, which the cluster calls ready",
      of: {
        spec: { publishNotReadyAddresses: true },
        slices: [{ endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true, serving: false } }] }],
      },
      is: ["10.0.0.1 8080"],
    },
    {
      name: "I-E8 I-E9 all, whatever sessionAffinity and internalTrafficPolicy say, which are for clients in the cluster",
      of: {
        spec: { sessionAffinity: "ClientIP", internalTrafficPolicy: "Local" },
        slices: [{ endpoints: ready("10.0.0.1", "10.0.0.2").map((one) => ({ ...one, nodeName: "elsewhere" })) }],
      },
      is: ["10.0.0.1 8080", "10.0.0.2 8080"],
    },
  ])("takes $name", ({ of, is }) => expect(endpointsOf(of)).toEqual(is));
});
