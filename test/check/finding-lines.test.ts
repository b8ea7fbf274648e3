import { describe, expect, it } from "vitest";
import { findProblems } from "#src/check/find-problems.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { readMemberRecord } from "#src/model/member-record.ts";

/** The text of the line that each finding in these lines names, after its code; the nodes are in 192.0.2.0/24. */
function found(...lines: readonly string[]): string[] {
  const { objects } = parseManifests(lines.join("\n"), "f.yaml", { keepsLines: true });
  const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: ["192.0.2.0/24"] }];
  const member = readMemberRecord({ node: "n1", addresses: ["192.0.2.2"], gateways: ["192.0.2.1"], interfaces });
  const problems = findProblems({ objects, members: member === undefined ? [] : [member], nowMs: 0 });
  return problems.map(({ code, line = 0 }) => `${code} ${lines[line - 1]?.trim()}`);
}

const nodeAt = (address: string) => [
  "---",
  "apiVersion: v1",
  "kind: Node",
  "metadata: { name: n1 }",
  "status:",
  "  addresses:",
  `  - { type: InternalIP, address: ${address} }`,
];
const configMap = ["apiVersion: v1", "kind: ConfigMap", "metadata:", "  name: hawser", "  namespace: hawser-system"];
const pool = (...rest: readonly string[]) => [
  ...configMap,
  "data:",
  "  config: |",
  "    address-pools:",
  "    - name: other",
  "      protocol: layer2",
  "      addresses: [192.0.2.64/28]",
  '    - name: "1.10"',
  "      protocol: layer2",
  ...rest.map((line) => `      ${line}`),
];
const service = (...spec: readonly string[]) => [
  "---",
  "apiVersion: v1",
  "kind: Service",
  "metadata:",
  "  name: web",
  "spec:",
  ...spec.map((line) => `  ${line}`),
];
const ingress = (...backend: readonly string[]) => [
  "---",
  "apiVersion: networking.k8s.io/v1",
  "kind: Ingress",
  "metadata:",
  "  name: shop",
  "spec:",
  "  rules:",
  "  - http:",
  "      paths:",
  "      - pathType: Prefix",
  "        backend:",
  ...backend.map((line) => `          ${line}`),
  "        path: /",
];
const backend = (name: string, ...port: readonly string[]) =>
  ingress("service:", `  name: ${name}`, "  port:", ...port.map((line) => `    ${line}`));
const deployment = [
  "---",
  "apiVersion: apps/v1",
  "kind: Deployment",
  "metadata: { name: web }",
  "spec: { template: { metadata: { labels: { app: web, tier: front } }, spec: { containers: [{ name: a, image: a }] } } }",
];

describe("O8 a finding about several objects names the line of the value", () => {
  it.each([
    {
      name: "the range that has a Node's address",
      lines: [...pool("addresses:", "- 192.0.2.32/28", "- 192.0.2.16-192.0.2.20"), ...nodeAt("192.0.2.17")],
      is: ["POOL_HAS_NODE_ADDRESS - 192.0.2.16-192.0.2.20"],
    },
    {
      name: "the range that has a gateway's and a network's address",
      lines: pool("addresses:", "- 192.0.2.32/28", "- 192.0.2.0-192.0.2.1"),
      is: ["POOL_HAS_GATEWAY - 192.0.2.0-192.0.2.1", "POOL_HAS_NETWORK_ADDRESS - 192.0.2.0-192.0.2.1"],
    },
    {
      name: "the range outside the networks",
      lines: [...pool("addresses:", "- 192.0.2.32/28", "- 198.51.100.0/28"), ...nodeAt("192.0.2.2")],
      is: ["POOL_OUTSIDE_NETWORKS - 198.51.100.0/28"],
    },
    {
      name: "the selectors that match no Node",
      lines: [
        ...pool("addresses: [192.0.2.32/28]", "node-selectors:", "- match-labels: { role: edge }"),
        ...nodeAt("192.0.2.2"),
      ],
      is: ["POOL_SELECTS_NO_NODE node-selectors:"],
    },
    {
      name: "the label that keeps a Node from announcing",
      lines: [
        "apiVersion: v1",
        "kind: Node",
        "metadata:",
        "  name: n1",
        "  labels:",
        "    role: edge",
        "    node.kubernetes.io/exclude-from-external-load-balancers: yes-please",
      ],
      is: ["NO_NODE_ANNOUNCES node.kubernetes.io/exclude-from-external-load-balancers: yes-please"],
    },
    {
      name: "the condition that keeps a Node from announcing",
      lines: [
        "apiVersion: v1",
        "kind: Node",
        "metadata: { name: n1 }",
        "status:",
        "  conditions:",
        "  - type: Ready",
        '    status: "False"',
        "  - type: NetworkUnavailable",
        '    status: "True"',
      ],
      is: ['NO_NODE_ANNOUNCES status: "True"'],
    },
    {
      name: "the number of a port that a Service does not have",
      lines: [...service("ports: [{ port: 80 }]"), ...backend("web", "number: 8080")],
      is: ["INGRESS_PORT_MISSING number: 8080"],
    },
    {
      name: "the name of a port that a Service does not have",
      lines: [...service("ports: [{ port: 80 }]"), ...backend("web", "name: http")],
      is: ["INGRESS_PORT_MISSING name: http"],
    },
    {
      name: "the port in the old form",
      lines: [...service("ports: [{ port: 80 }]"), ...ingress("serviceName: web", "servicePort: 8080")],
      is: ["INGRESS_BACKEND_FORM backend:", "INGRESS_PORT_MISSING servicePort: 8080"],
    },
    {
      name: "the name of a Service that does not exist",
      lines: [...service("ports: [{ port: 80 }]"), ...backend("webb", "number: 80")],
      is: ["INGRESS_SERVICE_MISSING name: webb"],
    },
    {
      name: "the port that is for UDP alone",
      lines: [...service("ports: [{ port: 80, protocol: UDP }]"), ...backend("web", "number: 80")],
      is: ["INGRESS_BACKEND_NOT_SERVED number: 80"],
    },
    {
      name: "the name of a Service of type ExternalName without a usable name",
      lines: [...service("type: ExternalName", "externalName: a_test"), ...backend("web", "number: 80")],
      is: ["INGRESS_BACKEND_NOT_SERVED name: web"],
    },
    {
      name: "the label that no pod has",
      lines: [...service("ports: [{ port: 80 }]", "selector:", "  tier: front", "  app: website"), ...deployment],
      is: ["SERVICE_SELECTS_NOTHING app: website"],
    },
    {
      name: "the port of a slice that has another name",
      lines: [
        ...service("ports: [{ port: 80 }]"),
        "---",
        "apiVersion: discovery.k8s.io/v1",
        "kind: EndpointSlice",
        "metadata: { name: web-1, labels: { kubernetes.io/service-name: web } }",
        "addressType: IPv4",
        "ports:",
        "- port: 80",
        "  name: http",
        "endpoints: [{ addresses: [198.51.100.1] }]",
      ],
      is: ["ENDPOINTS_PORT_UNMATCHED name: http"],
    },
    {
      name: "the path that another rule has",
      lines: [
        ...service("ports: [{ port: 80, name: a }, { port: 81, name: b }]"),
        ...backend("web", "number: 80"),
        ...backend("web", "number: 81").map((line) => line.replace("name: shop", "name: shop2")),
      ],
      is: ["INGRESS_PATH_TAKEN path: /"],
    },
    {
      name: "the annotation with a class that does not exist",
      lines: [
        "apiVersion: networking.k8s.io/v1",
        "kind: Ingress",
        "metadata:",
        "  name: shop",
        "  annotations:",

        "    a: b",
        "    kubernetes.io/ingress.class: hawsre",
        "spec: { defaultBackend: { service: { name: a } } }",
      ],
      is: ["INGRESS_CLASS_UNKNOWN kubernetes.io/ingress.class: hawsre"],
    },
    {
      name: "the type of a Service that gets no address",
      lines: [
        ...configMap,
        "data:",
        "  config: |",
        "    address-pools: []",
        ...service("ports: [{ port: 80 }]", "type: LoadBalancer"),
      ],
      is: ["SERVICE_PENDING type: LoadBalancer"],
    },
    {
      name: "the family of a Service that no pool has",
      lines: [
        ...pool("addresses: [192.0.2.32/28]"),
        ...service("type: LoadBalancer", "ports: [{ port: 80 }]", "ipFamilies: [IPv6]"),
      ],
      is: ["SERVICE_PENDING ipFamilies: [IPv6]"],
    },
    {
      name: "the namespace of a ConfigMap that is not read",
      lines: [
        ...configMap.map((line) => line.replace("hawser-system", "elsewhere")),
        "data:",
        "  config: |",
        "    address-pools: []",
      ],
      is: ["CONFIG_MAP_NOT_READ namespace: elsewhere"],
    },
    {
      name: "pools that are a map in place of a text",
      lines: [...configMap, "data:", "  config:", "    address-pools: []"],
      is: ["CONFIG_TEXT_MISSING config:"],
    },
  ])("$name", ({ lines, is }) => {
    expect(found(...lines)).toEqual(is);
  });
});
