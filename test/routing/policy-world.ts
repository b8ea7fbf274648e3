import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseIngress } from "#src/model/ingress.ts";
import type { KubeObject } from "#src/model/object.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import type { Parsed } from "#src/model/problem.ts";
import { printProblem } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { fillTemplate } from "#src/model/template.ts";
import { attachAll } from "#src/routing/ingress/attach-all.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import { defaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";

/** A Service with an endpoint. */
function serviceYaml(name: string): string {
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: shop, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]
`;
}

/** An Ingress of namespace shop: annotations of hawser.dev by name, and paths (`= /a` is Exact, `~ /a` ImplementationSpecific) by Service. */
export function ingressYaml(
  name: string,
  paths: Readonly<Record<string, string>>,
  more: { readonly annotations?: Readonly<Record<string, string>>; readonly host?: string; readonly at?: string } = {},
): string {
  const { annotations = {}, host = "a.com", at = "2026-01-01T00:00:00Z" } = more;
  const types: Readonly<Record<string, string>> = { "=": "Exact", "~": "ImplementationSpecific" };
  const written = Object.entries(paths).map(([text, service]) => {
    const [path = "", mark = ""] = text.split(" ").reverse();
    return { path, pathType: types[mark] ?? "Prefix", backend: { service: { name: service, port: { number: 80 } } } };
  });
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "shop",
      creationTimestamp: at,
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`hawser.dev/${key}`, value])),
    },
    spec: { rules: [{ ...(host !== "" && { host }), http: { paths: written } }] },
  };
  return `---\n${JSON.stringify(object)}\n`;
}

/** An HTTPPolicy of namespace shop. */
export function policyYaml(
  name: string,
  targetRefs: readonly object[],
  spec: object,
  at = "2026-01-01T00:00:00Z",
): string {
  const metadata = { name, namespace: "shop", creationTimestamp: at };
  return `---\n${JSON.stringify({ apiVersion: "hawser.dev/v1alpha1", kind: "HTTPPolicy", metadata, spec: { targetRefs, ...spec } })}\n`;
}

/** What the ingress makes of manifests: with Services web, cart and other that have an endpoint each. */
export function policyWorld(...texts: readonly string[]) {
  return policyWorldWith({}, ...texts);
}

/** The same, with a Service (`namespace/name`) for what no rule matches. */
export function policyWorldWith({ defaultService }: { readonly defaultService?: string }, ...texts: readonly string[]) {
  const services = ["web", "cart", "other"].map(serviceYaml);
  const { objects, problems } = parseManifests([...services, ...texts].join(""), "all.yaml");
  if (problems.length > 0) throw new Error(problems.map((one) => printProblem(one)).join("\n"));
  const read = <T>(kind: string, parse: (object: KubeObject) => Parsed<T>): readonly T[] =>
    objects
      .filter((object) => object.kind === kind)
      .flatMap((object) => {
        const parsed = parse(object);
        return parsed.ok ? [parsed.value] : [];
      });
  const byDefault = defaultService === undefined ? [] : [defaultIngress(defaultService)];
  const policies = read("HTTPPolicy", parseHttpPolicy);
  const attached = attachAll([...read("Ingress", parseIngress), ...byDefault], policies);
  const snapshot = routingSnapshot({
    ingresses: attached.map(({ ingress }) => ingress),
    services: read("Service", parseService),
    slices: read("EndpointSlice", parseEndpointSlice),
  });
  const table = buildRoutes(snapshot);
  const ask = (path: string, host = "a.com") => route(table, { host, path });
  return {
    attached,
    policies,
    table,
    ask,
    conflicts: findRouteConflicts(snapshot).map(({ problem }) => printProblem(problem)),
    findings: attached.flatMap(({ findings }) =>
      findings.map(
        ({ policy, reason, problem }) => `${policy} ${reason} ${problem.severity}: ${printProblem(problem)}`,
      ),
    ),
    /** The reason of a refusal, else what the rule's filters are. */
    filters: (path: string, host?: string) => {
      const decision = ask(path, host);
      if (decision.kind === "refuse") return decision.reason;
      return decision.rule.filters;
    },
    /** The reason of a refusal, else the Service that is asked, or what is answered. */
    outcome: (path: string, host?: string): string => {
      const decision = ask(path, host);
      if (decision.kind === "refuse") return decision.reason;
      if (decision.kind === "forward") return decision.backend.key;
      if (decision.kind === "respond") return String(decision.status);
      const { status, location } = decision.redirect;
      return `${status} ${fillTemplate(location, (variable) => `$${variable}`)}`;
    },
  };
}
