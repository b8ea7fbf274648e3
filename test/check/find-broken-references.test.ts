import { describe, expect, it } from "vitest";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { parseService } from "#src/model/service.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { route } from "#src/routing/route.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { found } from "./found.ts";

const service = (name: string, rest = "") =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80, targetPort: 8080, name: http}]${rest}}\n`;
const ingress = (backend: string, rest = "") =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop}\nspec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: ${backend}}}]}}]${rest}}\n`;
const deployment = (name: string, labels: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {metadata: {labels: ${labels}}, spec: {containers: [{name: a, image: a}]}}}\n`;

const tokenPolicy = `apiVersion: hawser.dev/v1alpha1
kind: HTTPPolicy
metadata: {name: p}
spec: {targetRefs: [{kind: Ingress, name: shop}], jwt: {issuer: a, jwks: {secretRef: {name: keys}}}}
`;

describe("checkFiles() between objects", () => {
  const web = "{name: web, port: {number: 80}}";
  it.each([
    { name: "nothing where all is there", documents: [service("web"), ingress(web)], is: [] },
    { name: "nothing of Services where there is none", documents: [ingress(web)], is: [] },
    {
      name: "a Service that is not there",
      documents: [service("other"), ingress(web)],
      is: ["warning INGRESS_SERVICE_MISSING f.yaml:9"],
    },
    {
      name: "a Secret for passwords that is not there, which keeps the paths closed",
      documents: [
        service("web"),
        ingress(web).replace(
          "{name: shop}",
          "{name: shop, annotations: {hawser.dev/auth-type: basic, hawser.dev/auth-secret: users}}",
        ),
      ],
      is: ["warning INGRESS_AUTH_SECRET_MISSING f.yaml:8"],
    },
    {
      name: "a Secret with the keys of tokens that is not there",
      documents: [service("web"), ingress(web), tokenPolicy],
      is: ["warning JWKS_UNAVAILABLE f.yaml:14"],
    },
    {
      name: "a Secret with the keys of tokens that cannot be read",
      documents: [
        ingress(web),
        tokenPolicy,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {jwks: a}\n",
      ],
      is: ["error JWKS_UNAVAILABLE f.yaml:11"],
    },
    {
      name: "a Secret for passwords that cannot be read",
      documents: [
        ingress(web).replace(
          "{name: shop}",
          "{name: shop, annotations: {hawser.dev/auth-type: basic, hawser.dev/auth-secret: users}}",
        ),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData:\n  users: a\n",
      ],
      is: ["error SECRET_KEY_MISSING f.yaml:6"],
    },
    {
      name: "a Secret with a password that cannot be used",
      documents: [
        ingress(web).replace(
          "{name: shop}",
          "{name: shop, annotations: {hawser.dev/auth-type: basic, hawser.dev/auth-secret: users}}",
        ),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData:\n  auth: alice:plain\n",
      ],
      is: ["error SECRET_PASSWORD_UNUSABLE f.yaml:6"],
    },
    {
      name: "a Secret for TLS to endpoints that is not there",
      documents: [
        service("web"),
        ingress(web).replace("{name: shop}", "{name: shop, annotations: {hawser.dev/proxy-ssl-secret: certs}}"),
      ],
      is: ["warning INGRESS_TLS_SECRET_UNUSABLE f.yaml:8"],
    },
    {
      name: "a Secret with authorities of clients that is not there",
      documents: [
        service("web"),
        ingress(web).replace("{name: shop}", "{name: shop, annotations: {hawser.dev/auth-tls-secret: certs}}"),
      ],
      is: ["warning INGRESS_TLS_SECRET_UNUSABLE f.yaml:8"],
    },
    {
      name: "a Secret for TLS that two annotations name and that is not there",
      documents: [
        service("web"),
        ingress(web).replace(
          "{name: shop}",
          "{name: shop, annotations: {hawser.dev/proxy-ssl-secret: certs,\n  hawser.dev/auth-tls-secret: certs}}",
        ),
      ],
      is: ["warning INGRESS_TLS_SECRET_UNUSABLE f.yaml:8", "warning INGRESS_TLS_SECRET_UNUSABLE f.yaml:9"],
    },
    {
      name: "a Secret for TLS that two annotations name and that cannot be read",
      documents: [
        ingress(web).replace(
          "{name: shop}",
          "{name: shop, annotations: {hawser.dev/proxy-ssl-secret: certs, hawser.dev/auth-tls-secret: certs}}",
        ),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: certs}\nstringData:\n  ca.crt: a\n",
      ],
      is: ["error SECRET_NOT_PEM f.yaml:10"],
    },
    {
      name: "a Secret for TLS to endpoints that has nothing for it",
      documents: [
        ingress(web).replace("{name: shop}", "{name: shop, annotations: {hawser.dev/proxy-ssl-secret: certs}}"),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: certs}\nstringData:\n  users: a\n",
      ],
      is: ["error INGRESS_TLS_SECRET_UNUSABLE f.yaml:6"],
    },
    {
      name: "a port that is a targetPort",
      documents: [service("web"), ingress("{name: web, port: {number: 8080}}")],
      is: ["warning INGRESS_PORT_MISSING f.yaml:9"],
    },
    {
      name: "nothing of a port by name",
      documents: [service("web"), ingress("{name: web, port: {name: http}}")],
      is: [],
    },
    {
      name: "I15 a Service of type ExternalName whose name cannot be one, which is answered 503",
      documents: [
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ExternalName, externalName: a_test, ports: [{port: 80}]}\n",
        ingress(web),
      ],
      is: ["error INGRESS_BACKEND_NOT_SERVED f.yaml:9"],
    },
    {
      name: "I-B18 nothing of a Service of type ExternalName, whatever ports it lists",
      documents: [
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ExternalName, externalName: a.test}\n",
        ingress(web),
      ],
      is: [],
    },
    {
      name: "I15 a port that is for UDP alone, which is answered 503",
      documents: [
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, protocol: UDP}]}\n",
        ingress(web),
      ],
      is: ["error INGRESS_BACKEND_NOT_SERVED f.yaml:9"],
    },
    {
      name: "nothing of a port that is for TCP and UDP",
      documents: [
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{name: a, port: 80, protocol: UDP}, {name: b, port: 80}]}\n",
        ingress(web),
      ],
      is: [],
    },
    {
      name: "a Secret that is not there",
      documents: [service("web"), ingress(web, ", tls: [{secretName: tls}]")],
      is: ["warning INGRESS_SECRET_MISSING f.yaml:9"],
    },
    {
      name: "a pool that contains the address of a Node",
      documents: [
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 192.0.2.1}]}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hawser, namespace: hawser-system}\n" +
          'data: {config: "address-pools: [{name: p, protocol: layer2, addresses: [192.0.2.0/30]}]"}\n',
      ],
      is: ["warning POOL_HAS_NODE_ADDRESS f.yaml:9"],
    },
    {
      name: "an object that is there twice",
      documents: [service("web"), service("web")],
      is: ["error MANIFEST_DUPLICATE f.yaml:6"],
    },
    {
      name: "a selector with the wrong value",
      documents: [service("web", ", selector: {app: web}"), deployment("web", "{app: website}")],
      is: ["warning SERVICE_SELECTS_NOTHING f.yaml:4"],
    },
    {
      name: "I15 no stranger by the same key",
      documents: [service("web", ", selector: {app: web}"), deployment("database", "{app: postgres}")],
      is: [],
    },
    {
      name: "I15 no stranger by a short word",
      documents: [service("x", ", selector: {app: mail}"), deployment("y", "{app: maps}")],
      is: [],
    },
    {
      name: "I15 no stranger by a label that many have",
      documents: [
        service("web", ", selector: {app: web, tier: back}"),
        deployment("database", "{app: postgres, tier: back}"),
      ],
      is: [],
    },
    {
      name: "I15 no stranger where a StatefulSet may be meant",
      documents: [
        service("redis", ", selector: {app: redis}"),
        deployment("redis-exporter", "{app: redis-exporter}"),
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: redis}\n",
      ],
      is: [],
    },
    {
      name: "I15 no stranger where endpoints show that pods are selected",
      documents: [
        service("redis", ", selector: {app: redis}"),
        deployment("redis-exporter", "{app: redis-exporter}"),
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: r, labels: {kubernetes.io/service-name: redis}}\naddressType: IPv4\nports: [{name: http, port: 80}]\nendpoints: [{addresses: [192.0.2.1]}]\n",
      ],
      is: [],
    },
    {
      name: "I15 no Deployment that another Service selects",
      documents: [
        service("redis", ", selector: {app: redis}"),
        service("metrics", ", selector: {app: redis-exporter}"),
        deployment("redis-exporter", "{app: redis-exporter}"),
      ],
      is: [],
    },
    {
      name: "the Deployment of the same name",
      documents: [service("web", ", selector: {app: shop}"), deployment("web", "{name: front}")],
      is: ["warning SERVICE_SELECTS_NOTHING f.yaml:4"],
    },
    {
      name: "a Service that is there but cannot be read: only its own Problem",
      documents: [service("other"), service("web").replace("80", "0"), ingress(web)],
      is: ["error FIELD_INVALID f.yaml:9"],
    },
    {
      name: "nothing of a selector that one Deployment has",
      documents: [
        service("web", ", selector: {app: web}"),
        deployment("a", "{app: website}"),
        deployment("b", "{app: web, tier: front}"),
      ],
      is: [],
    },
    {
      name: "nothing of a selector that is like nobody's labels",
      documents: [service("web", ", selector: {app: web}"), deployment("mail", "{tier: back}")],
      is: [],
    },
  ])("finds $name", ({ documents, is }) => {
    expect(found(...documents)).toEqual(is);
  });
});

describe("checkFiles() and the route table agree", () => {
  const ports = [
    "{port: 80}",
    "{port: 80, name: http}",
    "{port: 80, name: http, protocol: UDP}",
    "{port: 80, name: http, protocol: SCTP}",
    "{port: 8080, name: http, targetPort: 80}",
    "{port: 80, name: a, protocol: UDP}, {port: 80, name: http}",
  ];
  const named = ["{number: 80}", "{number: 8080}", "{name: http}"];
  const cases = ports.flatMap((of) => named.map((wanted) => ({ of, wanted })));

  it.each(cases)("O6 a port is reported exactly where requests get no-service: [$of] and $wanted", ({ of, wanted }) => {
    const documents = [
      `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [${of}]}\n`,
      ingress(`{name: web, port: ${wanted}}`),
    ];
    const { objects } = parseManifests(documents.join("---\n"), "f.yaml");
    const read = <T>(kind: string, parse: (object: (typeof objects)[number]) => { ok: boolean; value?: T }) =>
      objects.filter((object) => object.kind === kind).flatMap((object) => parse(object).value ?? []);
    const table = buildRoutes(
      routingSnapshot({
        ingresses: read("Ingress", parseIngress),
        services: read("Service", parseService),
        slices: read("EndpointSlice", parseEndpointSlice),
      }),
    );
    const decision = route(table, { host: "a.test", path: "/" });
    const isLost = decision.kind === "refuse" && decision.reason === "no-service";
    expect(found(...documents).some((finding) => /PORT_MISSING|NOT_SERVED/.test(finding))).toBe(isLost);
  });
});
