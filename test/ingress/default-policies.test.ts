import { expect, it } from "vitest";
import { parseManifests } from "#src/model/manifest.ts";
import { parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import { attachPolicies } from "#src/routing/ingress/attach-policies.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { defaultIngress } from "#src/routing/ingress/default-ingress.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/** The rule for what no other one matches, with a policy at its Service. */
function withPolicy(settings: object) {
  const spec = { targetRefs: [{ kind: "Service", name: "rest" }], settings };
  const metadata = { name: "p", namespace: "default" };
  const text = JSON.stringify({ apiVersion: "hawser.dev/v1alpha1", kind: "HTTPPolicy", metadata, spec });
  const read = parseHttpPolicy(parseManifests(text, "p.yaml").objects[0]!);
  if (!read.ok) throw new Error(text);
  return attachPolicies(defaultIngress("default/rest"), [read.value]).ingress;
}

it.each([
  { name: "nothing", settings: {}, expected: [200, 200, 200] },
  {
    name: "clients from elsewhere alone",
    settings: { "allowlist-source-range": "10.0.0.0/8" },
    expected: [403, 403, 200],
  },
  { name: "clients of this host", settings: { "allowlist-source-range": "127.0.0.0/8" }, expected: [200, 200, 200] },
  { name: "a redirect", settings: { "permanent-redirect": "https://new.test" }, expected: [301, 301, 200] },
  { name: "a setting that cannot be read", settings: { "limit-rps": "some" }, expected: [503, 503, 200] },
])(
  "E a client of what no rule matches gets what a policy at its Service says: $name",
  async ({ settings, expected }) => {
    await using endpoint = await startEndpoint((socket) => socket.write(OK));
    await using proxy = await startProxy({ s: [] }, { ingresses: [] });
    const ingresses = [ingressOf("i", { "a.com": { "/api": "s" } })];
    const snapshot = routingSnapshot({
      ingresses: [...ingresses, withPolicy(settings)],
      services: [serviceOf("s"), serviceOf("rest")],
      slices: [...slicesOf("s", [endpoint.port]), ...slicesOf("rest", [endpoint.port])],
    });
    proxy.engine.useRoutes(buildRoutes(snapshot));
    const statuses: number[] = [];
    for (const [host, path] of [
      ["a.com", "/x"],
      ["unknown.test", "/"],
      ["a.com", "/api"],
    ] as const)
      statuses.push(
        statusOf(await ask(proxy.port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)),
      );
    expect(statuses).toEqual(expected);
  },
);
