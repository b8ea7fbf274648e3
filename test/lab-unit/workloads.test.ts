import { describe, expect, it } from "vitest";
import { endpointSlices, rulesFor, type RunningPod } from "#lab/folder/endpoint-slices.ts";
import { readWorkloads } from "#lab/folder/workloads.ts";

const manifests = `
apiVersion: extensions/v1beta1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  template:
    metadata: { labels: { app: web, tier: front } }
    spec:
      containers:
        - name: web
          image: nginx:1.19
          ports: [{ name: http, containerPort: 8080 }, { containerPort: 5353, protocol: UDP }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  type: LoadBalancer
  ipFamilyPolicy: PreferDualStack
  externalTrafficPolicy: Local
  sessionAffinity: ClientIP
  selector: { app: web }
  ports:
    - { name: http, port: 80, targetPort: http }
    - { name: dns, port: 53, targetPort: 5353, protocol: UDP }
---
apiVersion: v1
kind: Service
metadata: { name: hawser-ingress }
spec:
  type: LoadBalancer
  ports: [{ port: 80 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: hawser-ingress-1, labels: { kubernetes.io/service-name: hawser-ingress } }
addressType: IPv4
endpoints:
  - { addresses: [198.51.100.9], nodeName: n2 }
  - { addresses: [198.51.100.8], nodeName: n1, conditions: { ready: false } }
ports: [{ name: "", port: 8000, protocol: TCP }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: passed-over }
`;

function read(text: string) {
  return readWorkloads([{ file: "web.yaml", text }]);
}

function podsOf(text: string): RunningPod[] {
  const [workload] = read(text).workloads;
  if (workload === undefined) throw new Error("a Deployment");
  return [1, 2].map((number) => ({
    name: `web-${number}`,
    namespace: workload.namespace,
    uid: `uid-${number}`,
    node: `n${number}`,
    ipv4: `198.51.100.${number}`,
    ipv6: `2001:db8:100:${number}::1`,
    ready: number === 1,
    workload,
  }));
}

describe("readWorkloads()", () => {
  const { workloads, services, endpoints } = read(manifests);

  it("reads a Deployment of any version", () => {
    expect(workloads).toEqual([
      {
        key: "shop/web",
        namespace: "shop",
        name: "web",
        replicas: 2,
        labels: { app: "web", tier: "front" },
        image: "nginx:1.19",
        ports: [
          { name: "http", port: 8080, protocol: "TCP" },
          { name: "", port: 5353, protocol: "UDP" },
        ],
      },
    ]);
  });

  it("reads Services with the defaults of the API server", () => {
    expect(services).toMatchObject([
      {
        key: "shop/web",
        isLoadBalancer: true,
        families: ["IPv4", "IPv6"],
        externalTrafficPolicy: "Local",
        affinitySeconds: 10_800,
        ports: [
          { port: 80, targetPort: "http", protocol: "TCP" },
          { port: 53, targetPort: 5353, protocol: "UDP" },
        ],
      },
      {
        key: "default/hawser-ingress",
        families: ["IPv4"],
        selector: undefined,
        externalTrafficPolicy: "Cluster",
        affinitySeconds: undefined,
        ports: [{ name: "", port: 80, targetPort: 80, protocol: "TCP" }],
      },
    ]);
  });

  it("reads the ready endpoints somebody wrote", () => {
    expect(endpoints).toEqual([
      {
        serviceKey: "default/hawser-ingress",
        addresses: [{ address: "198.51.100.9", node: "n2" }],
        ports: [{ name: "", protocol: "TCP", port: 8000 }],
      },
    ]);
  });

  it("throws for text that is no YAML", () => {
    expect(() => read("a: b: c: [")).toThrow(/web\.yaml/);
  });
});

describe("endpointSlices()", () => {
  const [web] = read(manifests).services;
  if (web === undefined) throw new Error("a Service");

  it("writes one slice for each family, with readiness and the named port's number", () => {
    const { endpoints } = read(endpointSlices(web, podsOf(manifests)));
    const ports = [
      { name: "http", protocol: "TCP", port: 8080 },
      { name: "dns", protocol: "UDP", port: 5353 },
    ];
    expect(endpoints).toEqual([
      { serviceKey: "shop/web", addresses: [{ address: "198.51.100.1", node: "n1" }], ports },
      { serviceKey: "shop/web", addresses: [{ address: "2001:db8:100:1::1", node: "n1" }], ports },
    ]);
    expect(endpointSlices(web, podsOf(manifests))).toContain("ready: false");
  });

  it("takes only pods of the Service's namespace with all of its labels", () => {
    const pods = podsOf(manifests);
    const elsewhere = pods.map((pod) => ({ ...pod, namespace: "default" }));
    expect(read(endpointSlices(web, elsewhere)).endpoints.flatMap((it) => it.addresses)).toEqual([]);
  });
});

describe("rulesFor()", () => {
  const { services, endpoints } = read(manifests);
  const [web, ingress] = services;
  if (web === undefined || ingress === undefined) throw new Error("two Services");

  it("forwards to ready pods of both families", () => {
    const rules = rulesFor(web, ["192.0.2.200"], { pods: podsOf(manifests), endpoints });
    expect(rules).toMatchObject({ externalTrafficPolicy: "Local", affinitySeconds: 10_800 });
    expect(rules.ports[0]?.targets).toEqual([
      { address: "198.51.100.1", port: 8080, node: "n1" },
      { address: "2001:db8:100:1::1", port: 8080, node: "n1" },
    ]);
  });

  it("forwards a Service without selector to the endpoints written for it", () => {
    const rules = rulesFor(ingress, ["192.0.2.201"], { pods: podsOf(manifests), endpoints });
    expect(rules.ports).toEqual([
      { protocol: "TCP", port: 80, targets: [{ address: "198.51.100.9", port: 8000, node: "n2" }] },
    ]);
  });
});
