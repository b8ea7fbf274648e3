import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inputOfObjects } from "#test/support/input-of-objects.ts";
import { foretellAdoption, isHarmless } from "#src/migration/foretell-adoption.ts";
import { parseManifests } from "#src/model/manifest.ts";
import type { StatusInput } from "#src/view/status-input.ts";

const CONFIG = `
apiVersion: v1
kind: ConfigMap
metadata: { namespace: metallb-system, name: config }
data: { config: "address-pools: [{ name: lan, protocol: layer2, addresses: [192.0.2.0/27] }]" }
`;

function inputOf(text: string): StatusInput {
  return inputOfObjects(parseManifests(text, "test").objects, { configMap: "metallb-system/config" });
}

/** A Service as MetalLB leaves it; `port` distinguishes those that share. */
function service(
  name: string,
  last: number,
  { hasNote, key, port }: { hasNote: boolean; key: string; port: number },
): string {
  const note = hasNote ? "metallb.io/ip-allocated-from-pool: lan, " : "";
  const sharing = key === "" ? "" : `metallb.io/allow-shared-ip: "${key}"`;
  return `
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: ${name}, annotations: { ${note}${sharing} } }
spec: { type: LoadBalancer, clusterIPs: [10.96.0.1], ports: [{ port: ${port} }] }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.${last} }] } }
`;
}

describe("foretellAdoption()", () => {
  it("keeps every address that MetalLB could have assigned, whoever shares it and whatever waits", () => {
    const left = fc.record({ last: fc.integer({ min: 0, max: 31 }), hasNote: fc.boolean(), waits: fc.boolean() });
    fc.assert(
      fc.property(fc.array(left, { maxLength: 40 }), (all) => {
        // Services on one address share it by a key, each with a port of its own.
        const services = all.map(({ last, hasNote }, at) =>
          service(`s${at}`, last, { hasNote, key: "k", port: at + 1 }),
        );
        const waiting = all
          .filter(({ waits }) => waits)
          .map(
            (_, at) =>
              `{ apiVersion: v1, kind: Service, metadata: { namespace: shop, name: w${at} }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }`,
          );
        const plan = foretellAdoption(inputOf([CONFIG, ...services, ...waiting].join("\n---\n")));
        expect(plan).toMatchObject({ keep: all.length, lose: [], move: [], orphan: [], silent: [] });
        expect(isHarmless(plan)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    { name: "no ConfigMap", text: service("web", 1, { hasNote: true, key: "", port: 80 }) },
    { name: "one that cannot be used", text: CONFIG.replace("192.0.2.0/27", "x") },
  ])("knows nothing with $name, and that is not harmless", ({ text }) => {
    const plan = foretellAdoption(inputOf(text));
    expect([plan, isHarmless(plan)]).toEqual([undefined, false]);
  });

  it.each([
    { name: "with MetalLB's note keeps an address that no pool contains", hasNote: true, change: "orphan" },
    { name: "without it gets another one", hasNote: false, change: "move" },
  ])("a Service $name", ({ hasNote, change }) => {
    const plan = foretellAdoption(
      inputOf([CONFIG, service("web", 77, { hasNote, key: "", port: 80 })].join("\n---\n")),
    );
    const changes = { lose: plan?.lose.length, move: plan?.move.length, orphan: plan?.orphan.length };
    expect(changes).toEqual({ lose: 0, move: 0, orphan: 0, [change]: 1 });
    expect(plan?.reasons.get("shop/web")).toMatch(/no pool contains it/i);
  });
});
