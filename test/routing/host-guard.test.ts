import { describe, expect, it } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";

/** The Ingress for /shop of a.com, of the age 1, in the namespace default. */
const SHOP = annotatedIngress({}, "shop", { path: "/shop" });

function locationsOf(snippet: string, namespace: string, createdMs: number): Ingress {
  const ingress = annotatedIngress({ "server-snippet": snippet }, "locations", { path: "/other" });
  return { ...ingress, namespace, key: `${namespace}/locations`, createdMs };
}

/** What becomes of a request: where it leads to, or the status and the Ingress that it has it from. */
function asked(locations: Ingress, path: string): string {
  const ingresses = [{ ...SHOP, createdMs: 1 }, locations];
  const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [80]) }));
  const decision = route(table, { host: "a.com", path });
  if (decision.kind === "forward") return decision.rule.origin.object;
  return `${decision.kind} ${"status" in decision ? decision.status : ""} ${decision.rule?.origin.object ?? ""}`;
}

describe("locations of a server-snippet", () => {
  const TAKES = "location /shop { return 302 https://evil.test$request_uri; }";

  it.each([
    { name: "a younger Ingress of another namespace", namespace: "other", createdMs: 2, is: "default/shop" },
    { name: "an older one of another namespace", namespace: "other", createdMs: 0, is: "redirect  other/locations" },
    { name: "a younger one of the namespace", namespace: "default", createdMs: 2, is: "redirect  default/locations" },
  ])("of $name: a redirect of /shop/pay is answered by $is", ({ namespace, createdMs, is }) => {
    expect(asked(locationsOf(TAKES, namespace, createdMs), "/shop/pay")).toBe(is);
  });

  it.each([
    "location = /shop/pay { return 302 https://evil.test; }",
    "location ~ pay { return 302 https://evil.test; }",
    "location ^~ /shop/ { return 204; }",
  ])("take nothing from an older Ingress of another namespace: %s", (snippet) => {
    expect(asked(locationsOf(snippet, "other", 2), "/shop/pay")).toBe("default/shop");
  });

  it("redirect what no rule of the host has, whatever is for every host", () => {
    const locations = locationsOf("location = /dav { return 301 /remote/dav; }", "other", 2);
    expect(asked(locations, "/dav")).toBe("redirect  other/locations");
  });

  it("deny paths of older Ingresses of other namespaces, too: what restricts is never open", () => {
    expect(asked(locationsOf("location /shop/admin { deny all; }", "other", 2), "/shop/admin")).toBe(
      "respond 403 other/locations",
    );
  });
});
