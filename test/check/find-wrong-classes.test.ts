import { describe, expect, it } from "vitest";
import { found } from "./found.ts";

const ingressClass = (name: string, controller: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: ${name} }\nspec: { controller: ${controller} }`;
const ingress = ({ className = "", path = "/", annotations = "" }) =>
  [
    "apiVersion: networking.k8s.io/v1",
    "kind: Ingress",
    `metadata: { name: shop, annotations: { ${annotations} } }`,
    "spec:",
    ...(className === "" ? [] : [`  ingressClassName: ${className}`]),
    "  rules:",
    "  - http:",
    "      paths:",
    `      - path: ${path}`,
    "        pathType: Prefix",
    "        backend: { service: { name: web, port: { number: 80 } } }",
  ].join("\n");
const FIREWALL = '"nginx.ingress.kubernetes.io/enable-modsecurity": "true"';

describe("I15 Ingresses", () => {
  it.each([
    {
      name: "of class nginx with a firewall are no error",
      documents: [ingress({ className: "nginx", annotations: FIREWALL })],
      is: [],
    },
    {
      name: "of a class of another controller are no error",
      documents: [
        ingressClass("nginx", "k8s.io/ingress-nginx"),
        ingress({ className: "nginx", annotations: FIREWALL }),
      ],
      is: [],
    },
    {
      name: "of a class like ours name it",
      documents: [ingress({ className: "hawsr" })],
      is: ["warning INGRESS_CLASS_UNKNOWN f.yaml:5"],
    },
    {
      name: "of a class that is not among those there",
      documents: [ingressClass("nginx", "k8s.io/ingress-nginx"), ingress({ className: "traefik" })],
      is: ["warning INGRESS_CLASS_UNKNOWN f.yaml:10"],
    },
    {
      name: "of Hawser's class, which is another controller's",
      documents: [ingressClass("hawser", "k8s.io/ingress-nginx"), ingress({ className: "hawser" })],
      is: ["error INGRESS_CLASS_FOREIGN f.yaml:4"],
    },
    {
      name: "of a class whose controller is misspelt",
      documents: [ingressClass("web", "hawser.dev/ingres"), ingress({ className: "web" })],
      is: ["error INGRESS_CLASS_FOREIGN f.yaml:4"],
    },
    {
      name: "of a class of Hawser's under another name",
      documents: [ingressClass("web", "hawser.dev/ingress"), ingress({ className: "web" })],
      is: [],
    },
    { name: "with /* as a path", documents: [ingress({ path: "/*" })], is: ["warning INGRESS_PATH_WILDCARD f.yaml:8"] },
    { name: "with a path that has no star", documents: [ingress({ path: "/a" })], is: [] },
  ])("$name", ({ documents, is }) => {
    expect(found(...documents)).toEqual(is);
  });
});
