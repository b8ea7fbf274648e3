import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseDeletion } from "#cli/parse-deletion.ts";
import { printPlan } from "#cli/print-plan.ts";
import { inputOfObjects } from "#test/support/input-of-objects.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import { withPlacePrinted } from "#src/model/problem.ts";
import type { NamedObject } from "#src/model/problem-place.ts";
import { foretell } from "#src/view/foretell.ts";
import type { StatusInput } from "#src/view/status-input.ts";

const folder = new URL("../golden/plan/", import.meta.url);
const objectsIn = (name: string) => parseManifests(readFileSync(new URL(name, folder), "utf8"), name).objects;
/** What comments of a file say: `# delete: Service/shop/web`. */
const said = (name: string, word: string): readonly string[] =>
  [...readFileSync(new URL(name, folder), "utf8").matchAll(new RegExp(`^# ${word}: (.+)$`, "gm"))].map(
    ([, text = ""]) => text,
  );
const NAMESPACES = { namespace: "hawser-system", metallbNamespace: "metallb-system" };
const of = (objects: readonly KubeObject[], kind: string) => objects.filter((object) => object.kind === kind);

function inputOf(objects: readonly KubeObject[]): StatusInput {
  const nowMs = Date.parse("2026-11-28T12:00:00Z");
  return inputOfObjects(objects, {
    nowMs,
    namespaces: of(objects, "Namespace"),
    resources: METALLB_KINDS.flatMap((kind) => of(objects, kind)),
    slices: [],
  });
}

const pool = (name: string, range: string): string => `
{ apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: { name: ${name}, namespace: metallb-system }, spec: { addresses: [${range}] } }
`;
const configMap = (range: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
    - { name: lan, protocol: layer2, addresses: [${range}] }
`;

describe("C foretell()", () => {
  it.each(globSync("*.in.yaml", { cwd: folder }).sort())("%s", async (name) => {
    const base = said(name, "base")[0] ?? "base.yaml";
    const deleted = said(name, "delete").map((text) => parseDeletion(text, NAMESPACES) as NamedObject);
    const foretold = foretell(inputOf(objectsIn(base)), { applied: objectsIn(name), deleted });
    const [problems, configProblems] = [foretold.problems, foretold.configProblems].map((one) =>
      one.map(withPlacePrinted),
    );
    const out = { ...foretold, problems, configProblems, text: printPlan(foretold) };
    const file = new URL(name.replace(".in.", ".out."), folder).pathname;
    await expect(stringify(out, { lineWidth: 0 })).toMatchFileSnapshot(file);
  });

  it("keeps a wish to release an address that the manifest of the Service does not have", () => {
    const objects = objectsIn("base.yaml");
    const wishing = objects.map((object) => {
      const annotations = { ...object.metadata.annotations, "hawser.dev/release-addresses": "192.0.2.3" };
      return object.metadata.name === "mail" ? { ...object, metadata: { ...object.metadata, annotations } } : object;
    });
    const { gain } = foretell(inputOf(wishing), { applied: of(objects, "Service") });
    // It moves anyway: the change is not what moves it, and does not stop it.
    expect(gain).toEqual([{ service: "shop/mail", address: "192.0.2.1" }]);
  });

  it("foretells nothing of a change that changes nothing", () => {
    const objects = objectsIn("base.yaml");
    expect(foretell(inputOf(objects), { applied: objects })).toEqual({
      keep: 2,
      gain: [],
      lose: [],
      move: [],
      orphan: [],
      problems: [],
      configProblems: [],
    });
  });

  it("takes a Service of a cluster as younger than all that are there, and no status from a manifest", () => {
    const dated = objectsIn("base.yaml").map((one) => ({ ...one, metadata: { ...one.metadata, createdMs: 1 } }));
    const input: StatusInput = { ...inputOf(dated), leases: new Map() };
    const [web] = of(objectsIn("base.yaml"), "Service");
    if (web === undefined) throw new Error("no Service");
    const late = { ...web, metadata: { ...web.metadata, name: "a-late", annotations: {} } };
    expect(foretell(input, { applied: [late] })).toMatchObject({
      keep: 2,
      gain: [{ service: "shop/a-late", address: "192.0.2.1" }],
      lose: [],
    });
  });

  it.each([
    { place: "an IPAddressPool", broken: pool("first", "192.0.2.9-192.0.2.1") },
    { place: "the ConfigMap, beside MetalLB's objects", broken: configMap("198.51.100.9-198.51.100.1") },
  ])("keeps the last good version of what cannot be used: $place", ({ broken }) => {
    const services = ["192.0.2.1", "198.51.100.1"].map(
      (ip, index) => `
{ apiVersion: v1, kind: Service, metadata: { name: s${index}, namespace: shop }, spec: { type: LoadBalancer, ports: [{ port: 80 }] },
  status: { loadBalancer: { ingress: [{ ip: ${ip} }] } } }
`,
    );
    const { objects } = parseManifests(
      [pool("first", "192.0.2.1/32"), configMap("198.51.100.1/32"), ...services].join("---\n"),
      "all.yaml",
    );
    const input: StatusInput = { ...inputOf(objects), resources: of(objects, "IPAddressPool") };
    expect(foretell(input, { applied: parseManifests(broken, "broken.yaml").objects })).toMatchObject({
      keep: 2,
      lose: [],
      move: [],
    });
  });

  it("knows the labels of Namespaces that pools select, those of the change too", () => {
    const objects = parseManifests(
      `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
    - { name: lan, protocol: layer2, addresses: [192.0.2.1/32], namespace-selectors: [{ match-labels: { tier: gold } }] }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: shop }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }
`,
      "all.yaml",
    ).objects;
    const gold = parseManifests(
      "{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { tier: gold } } }",
      "gold.yaml",
    ).objects;
    expect(foretell(inputOf(objects), { applied: [] }).gain).toEqual([]);
    expect(foretell(inputOf(objects), { applied: gold }).gain).toEqual([{ service: "shop/web", address: "192.0.2.1" }]);
  });
});
