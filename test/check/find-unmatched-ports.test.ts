import { describe, expect, it } from "vitest";
import { found } from "./found.ts";

const service = (ports: string) => `apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: ${ports} }`;
const slice = (ports: string, endpoints = "[{ addresses: [192.0.2.1] }]") =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: web-1, labels: { kubernetes.io/service-name: web } }\naddressType: IPv4\nports: ${ports}\nendpoints: ${endpoints}`;

describe("I15 ports of slices", () => {
  it.each([
    {
      name: "without a name, as in the Service",
      documents: [service("[{ port: 80 }]"), slice("[{ port: 8080 }]")],
      is: [],
    },
    {
      name: "named as in the Service",
      documents: [service("[{ name: http, port: 80 }]"), slice("[{ name: http, port: 8080 }]")],
      is: [],
    },
    {
      name: "named otherwise",
      documents: [service("[{ name: http, port: 80 }]"), slice("[{ name: web, port: 8080 }]")],
      is: ["warning ENDPOINTS_PORT_UNMATCHED f.yaml:10"],
    },
    {
      name: "with a name where the Service has none",
      documents: [service("[{ port: 80 }]"), slice("[{ name: http, port: 8080 }]")],
      is: ["warning ENDPOINTS_PORT_UNMATCHED f.yaml:10"],
    },
    {
      name: "of which only some are there, as of pods without that container port",
      documents: [service("[{ name: a, port: 80 }, { name: b, port: 81 }]"), slice("[{ name: a, port: 8080 }]")],
      is: [],
    },
    {
      name: "of a slice without endpoints",
      documents: [service("[{ name: http, port: 80 }]"), slice("[{ name: web, port: 1 }]", "[]")],
      is: [],
    },
  ])("$name", ({ documents, is }) => {
    expect(found(...documents)).toEqual(is);
  });
});
