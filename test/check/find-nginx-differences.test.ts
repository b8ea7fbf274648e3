import { describe, expect, it } from "vitest";
import { findingsIn } from "./found.ts";

const NGINX = "k8s.io/ingress-nginx";
const CLASS = `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: nginx }\nspec: { controller: ${NGINX} }`;

function ingress(name: string, path: string, pathType: string, { host = "a.com", annotations = "" } = {}): string {
  return [
    "apiVersion: networking.k8s.io/v1",
    "kind: Ingress",
    `metadata: { name: ${name}, annotations: { ${annotations} } }`,
    "spec:",
    "  ingressClassName: nginx",
    "  rules:",
    `    - host: ${host}`,
    "      http:",
    "        paths:",
    `          - { path: "${path}", pathType: ${pathType}, backend: { service: { name: s, port: { number: 80 } } } }`,
  ].join("\n");
}

const regex = { annotations: 'nginx.ingress.kubernetes.io/use-regex: "true"' };

function differences(documents: readonly string[], controllerClass = NGINX): readonly string[] {
  return findingsIn([CLASS, ...documents], { controllerClass, ingressClass: "nginx" })
    .filter(({ code }) => code === "INGRESS_NGINX_DIFFERS")
    .map(({ what, severity }) => `${severity} ${what}`);
}

describe("findNginxDifferences()", () => {
  it.each([
    { path: "/api", pathType: "Prefix", is: ['warning Compared "/api" as Prefix says'] },
    { path: "/api", pathType: "Exact", is: ['warning Compared "/api" as Exact says'] },
    { path: "/", pathType: "Prefix", is: [] },
  ])("I-P25 finds $pathType $path on a host where another Ingress has expressions: $is", ({ path, pathType, is }) => {
    const other = ingress("other", "/x(/|$)", "ImplementationSpecific", regex);
    expect(differences([other, ingress("web", path, pathType)])).toEqual(is);
    expect(differences([other, ingress("web", path, pathType)], "hawser.dev/ingress")).toEqual([]);
    expect(differences([other, ingress("web", path, pathType, { host: "b.com" })])).toEqual([]);
    expect(differences([ingress("web", path, pathType)])).toEqual([]);
  });

  it.each([
    {
      path: "/my-path/",
      pathType: "ImplementationSpecific",
      more: [],
      is: ['warning Served "/my-path/", and not "/my-path"'],
    },
    { path: "/my-path/", pathType: "Exact", more: [], is: ['warning Served "/my-path/", and not "/my-path"'] },
    { path: "/my-path/", pathType: "Prefix", more: [], is: [] },
    { path: "/", pathType: "ImplementationSpecific", more: [], is: [] },
    { path: "/my-path/", pathType: "Exact", more: [ingress("other", "/my-path", "Exact")], is: [] },
    { path: "/my-path/", pathType: "Exact", more: [ingress("other", "/my-path/", "Prefix")], is: [] },
  ])("I-P24 finds $pathType $path: $is", ({ path, pathType, more, is }) => {
    expect(differences([ingress("web", path, pathType), ...more])).toEqual(is);
  });

  it("finds nothing where the ingress compares as ingress-nginx does", () => {
    const documents = [
      CLASS,
      ingress("other", "/x(/|$)", "ImplementationSpecific", regex),
      ingress("web", "/api", "Prefix"),
    ];
    const found = findingsIn(documents, { controllerClass: NGINX, ingressClass: "nginx", compat: "nginx" });
    expect(found.filter(({ code }) => code === "INGRESS_NGINX_DIFFERS")).toEqual([]);
  });

  it("I-P25 names the Ingress that has the expressions, at the line of the path", () => {
    const documents = [
      CLASS,
      ingress("other", "/x(/|$)", "ImplementationSpecific", regex),
      ingress("web", "/api", "Prefix"),
    ];
    const [found] = findingsIn(documents, { controllerClass: NGINX, ingressClass: "nginx" });
    expect(found?.why).toContain('because Ingress "default/other" has them');
    expect(found?.file).toBe("f.yaml:26");
  });
});
