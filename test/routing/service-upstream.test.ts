import { describe, expect, it } from "vitest";
import { withEndpointsNow } from "#ingress/engine/endpoints/with-endpoints-now.ts";
import type { Service } from "#src/model/service.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { route } from "#src/routing/route.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

function tableOf(annotations: Readonly<Record<string, string>>, service: Partial<Service>, ports = [8080]) {
  const ingresses = [annotatedIngress({ "service-upstream": "true", ...annotations })];
  const services = [{ ...serviceOf("s"), ...service }, serviceOf("spare")];
  const slices = [...slicesOf("s", ports), ...slicesOf("spare", [9090])];
  return buildRoutes(routingSnapshot({ ingresses, services, slices }));
}

const request = { host: "a.com", path: "/" };

function endpointsOf(...of: Parameters<typeof tableOf>): readonly string[] | string {
  const decision = route(tableOf(...of), request);
  if (decision.kind !== "forward") return decision.kind === "refuse" ? decision.reason : decision.kind;
  return decision.backend.endpoints.map(({ address, port }) => `${address}:${port}`);
}

describe("service-upstream", () => {
  const clusterIp = "10.96.0.7";
  it.each([
    { name: "sends requests to the Service", service: { clusterIp }, reached: ["10.96.0.7:80"] },
    { name: "sends those of a headless one to its endpoints", service: {}, reached: ["127.0.0.1:8080"] },
    {
      name: "does nothing where it is false",
      annotations: { "service-upstream": "false" },
      service: { clusterIp },
      reached: ["127.0.0.1:8080"],
    },
    { name: "answers 503 where no endpoint is ready", service: { clusterIp }, ports: [], reached: "no-endpoint" },
    {
      name: "leaves the requests to the default backend there",
      annotations: { "default-backend": "spare" },
      service: { clusterIp },
      ports: [],
      reached: ["127.0.0.1:9090"],
    },
  ])("$name", ({ annotations = {}, service, ports, reached }) => {
    expect(endpointsOf(annotations, service, ports)).toEqual(reached);
  });

  it("holds for a request that has waited, and gives one Service one backend", () => {
    const table = tableOf({}, { clusterIp });
    const decision = route(table, request);
    if (decision.kind !== "forward") throw new Error(decision.kind);
    expect(withEndpointsNow(decision, table)).toMatchObject({ backend: { endpoints: [{ address: clusterIp }] } });
    expect(route(table, request)).toEqual(decision);
    expect(withEndpointsNow(decision, tableOf({}, { clusterIp }, []))).toMatchObject({ reason: "no-endpoint" });
  });
});
