import { describe, expect, it } from "vitest";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { parseIngress } from "#src/model/ingress.ts";
import { object, valueOf } from "#test/model/build.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { answering, ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

/** An Ingress of `a.com` for the Service `s`, by this port of it. */
function ingressFor(number: number, annotations: Readonly<Record<string, string>>) {
  const keys = Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]);
  const backend = { service: { name: "s", port: { number } } };
  const rules = [{ host: "a.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
  const metadata = { name: "i", namespace: "default", annotations: Object.fromEntries(keys) };
  return valueOf(
    parseIngress(
      object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules } })),
    ),
  );
}

describe("service-upstream", () => {
  it.each([
    { annotations: { "service-upstream": "true" }, answer: "by the Service" },
    { annotations: { "service-upstream": "false" }, answer: "by the endpoint" },
    { annotations: {}, answer: "by the endpoint" },
  ])("$annotations: a client is answered $answer", async ({ annotations, answer }) => {
    await using endpoint = await startEndpoint(answering("by the endpoint"));
    await using behind = await startEndpoint(answering("by the Service"));
    await using proxy = await startProxy({});
    const ports = [{ name: "", protocol: "TCP", port: behind.port, targetPort: endpoint.port } as const];
    const services = [{ ...serviceOf("s"), clusterIp: "127.0.0.1", ports }];
    const ingresses = [ingressFor(behind.port, annotations)];
    const slices = slicesOf("s", [endpoint.port]);
    proxy.engine.useRoutes(buildRoutes(routingSnapshot({ ingresses, services, slices })));
    expect(await ask(proxy.port, "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n")).toMatch(
      new RegExp(`${answer}$`),
    );
  });
});
