// Small inputs after reports of people who run load balancers and ingress controllers, and what `hawser check` says of them.
import { describe, expect, it } from "vitest";
import { findingsIn, loadBalancer, node, pools } from "./found.ts";

const web = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }";
const ingress = (name: string, { path = "/", annotations = "" } = {}) =>
  [
    "apiVersion: networking.k8s.io/v1",
    "kind: Ingress",
    `metadata: { name: ${name}, annotations: { ${annotations} } }`,
    "spec:",
    "  rules:",
    "  - host: shop.test",
    "    http:",
    "      paths:",
    `      - { path: ${path}, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }`,
  ].join("\n");
const nginx = (name: string, value: string) => `"nginx.ingress.kubernetes.io/${name}": "${value}"`;
const pool = pools("name: default, addresses: [192.0.2.200-192.0.2.220]");

describe("O6 what check says of reported inputs", () => {
  it.each([
    {
      name: "nodes' own addresses in a status",
      documents: [
        pool,
        node("n1", { address: "192.0.2.11" }),
        node("n2", { address: "192.0.2.12" }),
        loadBalancer("web", { status: "{ ip: 192.0.2.11 }, { ip: 192.0.2.12 }" }),
      ],
      is: ["warning SERVICE_ADDRESS_LOST", "warning SERVICE_ADDRESS_LOST"],
    },
    {
      name: "a pool for each family in one request",
      documents: [
        pools(
          "name: v4, auto-assign: false, addresses: [192.0.2.0/28]",
          "name: v6, auto-assign: false, addresses: ['2001:db8::/124']",
        ),
        loadBalancer("a", {
          metadata: 'annotations: { hawser.dev/address-pool: "v4,v6" }',
          extra: ["ipFamilyPolicy: RequireDualStack", "ipFamilies: [IPv4, IPv6]"],
        }),
      ],
      is: [],
    },
    {
      name: "a pool of one family for a Service that requires two",
      documents: [
        pools("name: v4, auto-assign: false, addresses: [192.0.2.0/28]"),
        loadBalancer("a", {
          metadata: "annotations: { metallb.io/address-pool: v4 }",
          extra: ["ipFamilyPolicy: RequireDualStack", "ipFamilies: [IPv4, IPv6]"],
        }),
      ],
      is: ["error SERVICE_PENDING"],
    },
    {
      name: "the address of a pool as externalIP of another Service",
      documents: [
        pools("name: p, addresses: [192.0.2.1/32]"),
        `${web.replace("web", "a")}\n`.replace(
          "ports: [{ port: 80 }]",
          "ports: [{ port: 80 }], externalIPs: [192.0.2.1]",
        ),
        loadBalancer("b"),
      ],
      is: ["error SERVICE_PENDING"],
    },
    {
      name: "a restriction that is not served",
      documents: [
        web,
        ingress("site"),
        ingress("admin", { path: "/admin", annotations: nginx("enable-modsecurity", "true") }),
      ],
      is: ["error INGRESS_RESTRICTION_UNSUPPORTED"],
    },
    {
      name: "a restriction that restricts nothing",
      documents: [web, ingress("solver", { annotations: nginx("whitelist-source-range", "0.0.0.0/0,::/0") })],
      is: [],
    },
    {
      name: "a canary",
      documents: [web, ingress("site"), ingress("canary", { annotations: nginx("canary", "true") })],
      is: [],
    },
    {
      name: "a canary of nothing",
      documents: [web, ingress("canary", { annotations: nginx("canary", "true") })],
      is: ["error INGRESS_CANARY_ALONE"],
    },
  ])("$name", ({ documents, is }) => {
    expect(findingsIn(documents).map(({ severity, code }) => `${severity} ${code}`)).toEqual(is);
  });
});
