import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli } from "./run-cli.ts";

const golden = fileURLToPath(new URL("../golden/", import.meta.url));
const file = (name: string): string => join(golden, "migrate", name);
const SAMPLES = [join(golden, "metallb/samples.yaml"), file("services.yaml")];

interface Printed {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly plan: Readonly<Record<string, unknown>> | null;
  readonly problems: readonly { readonly code: string; readonly where: string }[];
}

const migrate = async (...args: readonly string[]) => callCli(["migrate", ...args]);
const printed = async (...paths: readonly string[]): Promise<Printed> =>
  JSON.parse((await migrate("metallb", "-o", "json", ...paths)).stdout) as Printed;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-migrate-"));
});
afterEach(async () => rm(folder, { recursive: true }));

async function written(text: string): Promise<string> {
  const path = join(folder, "objects.yaml");
  await writeFile(path, text);
  return path;
}

/** An installation that can be used, for changes of one thing. */
const resources = `
{ apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: { namespace: metallb-system, name: lan }, spec: { addresses: [192.0.2.0/28] } }
---
{ apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: { namespace: metallb-system, name: lan } }
`;
const service = (name: string, ip: string, more = ""): string => `
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: ${name} }
spec: { type: LoadBalancer, clusterIPs: [10.96.0.1], ports: [{ port: 80 }]${more} }
status: { loadBalancer: { ingress: [{ ip: ${ip} }] } }
`;

describe("G hawser migrate metallb", () => {
  it.each([
    { name: "custom-resources", paths: SAMPLES, code: 0 },
    { name: "config-map", paths: [file("config-map.in.yaml")], code: 3 },
    { name: "helm-and-bgp", paths: [file("helm-and-bgp.in.yaml")], code: 3 },
    { name: "address-pools", paths: [file("address-pools.in.yaml")], code: 0 },
  ])("$name: prints what stays, what differs, our form, each address and the steps; exits with $code", async (one) => {
    const text = await migrate("metallb", ...one.paths);
    await expect(text.stdout.replaceAll(golden, "")).toMatchFileSnapshot(file(`${one.name}.out.txt`));
    const json = await migrate("metallb", "-o", "json", ...one.paths);
    await expect(`${JSON.stringify(JSON.parse(json.stdout.replaceAll(golden, "")), null, 1)}\n`).toMatchFileSnapshot(
      file(`${one.name}.out.json`),
    );
    expect([text.code, json.code, text.stderr]).toEqual([one.code, one.code, ""]);
  });

  it.each([
    { name: "an address that stays", objects: service("web", "192.0.2.3"), code: 0, plan: { keep: 1 } },
    {
      name: "an address of another provider",
      objects: service("web", "203.0.113.3"),
      code: 3,
      plan: { keep: 0, move: [{ service: "shop/web", from: "203.0.113.3", to: "192.0.2.0" }] },
    },
    {
      name: "an address of a node",
      objects: `${service("web", "192.0.2.3")}---\n{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 192.0.2.3 }] } }`,
      code: 3,
      plan: { keep: 0, move: [{ service: "shop/web", from: "192.0.2.3", to: "192.0.2.0" }] },
    },
    {
      name: "one address on two Services that may not share it",
      objects: service("a", "192.0.2.3") + service("b", "192.0.2.3"),
      code: 3,
      plan: { keep: 1, move: [{ service: "shop/b", from: "192.0.2.3", to: "192.0.2.0" }] },
    },
    {
      name: "a Service of another class",
      objects: service("web", "203.0.113.3", ", loadBalancerClass: example.com/lb"),
      code: 0,
      plan: { keep: 0, move: [] },
    },
  ])(
    "foretells from what statuses have, and not from what would be adopted: $name",
    async ({ objects, code, plan }) => {
      const path = await written(resources + objects);
      expect((await printed(path)).plan).toMatchObject(plan);
      expect((await migrate("metallb", path)).code).toBe(code);
    },
  );

  it("prints what users wrote without characters that colour, hide or reorder the text of a terminal", async () => {
    const hostile = String.raw`a\u202Eb\e[31mc\u200B`;
    const pool = `
---
apiVersion: metallb.io/v1beta1
kind: AddressPool
metadata: { namespace: metallb-system, name: old }
spec: { protocol: layer2, addresses: [198.51.100.0/28, "${hostile}"], autoAssign: "${hostile}" }
`;
    const asking = service("web", "203.0.113.3").replace(
      "name: web",
      `name: web, annotations: { metallb.universe.tf/address-pool: "${hostile}" }`,
    );
    const { stdout } = await migrate("metallb", await written(resources + pool + asking));
    expect(stdout).toContain(String.raw`a\u{202e}b`);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it.each([
    { name: "as many as it has", spec: "replicas: 2", scale: "--replicas=2", isSaid: false },
    { name: "one where it was stopped already", spec: "replicas: 0", scale: "--replicas=1", isSaid: true },
    { name: "one where it is not said", spec: "", scale: "--replicas=1", isSaid: true },
  ])("goes back to so many replicas of MetalLB's controller: $name", async ({ spec, scale, isSaid }) => {
    const program = `
---
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: metallb-system, name: controller, labels: { app: metallb, component: controller } }
spec: { ${spec} }
`;
    const { stdout } = await migrate("metallb", await written(resources + program));
    expect(stdout).toContain(scale);
    expect(stdout.includes("How many replicas its controller had")).toBe(isSaid);
  });

  it("says of each Service that does not stay why, and that it is not time to begin", async () => {
    const { stdout } = await migrate("metallb", await written(resources + service("web", "203.0.113.3")));
    expect(stdout).toMatch(/^moves +shop\/web +203\.0\.113\.3 +192\.0\.2\.0 +203\.0\.113\.3: no pool contains it/m);
    expect(stdout).toContain("\nProcedure\n\nNot yet: ");
  });

  it.each([
    { name: "no Services", paths: [join(golden, "metallb/samples.yaml")], says: "No Service with an address is among" },
    { name: "no programs", paths: SAMPLES, says: "the flags of its programs are unknown" },
  ])("says what it does not know where there are $name", async ({ paths, says }) => {
    expect((await migrate("metallb", ...paths)).stdout).toContain(says);
  });

  it("lets options decide over the flags of MetalLB", async () => {
    const { plan } = await printed("--load-balancer-class", "other", file("helm-and-bgp.in.yaml"));
    expect(plan).toMatchObject({ keep: 0, silent: [] });
  });

  it("takes Hawser's own ConfigMap where there is one, and names no other", async () => {
    const own = `
apiVersion: v1
kind: ConfigMap
metadata: { namespace: hawser-system, name: hawser }
data:
  config: "address-pools: [{ name: own, protocol: layer2, addresses: [192.0.2.0/28, 198.51.100.0/24, 203.0.113.0/28] }]"
`;
    const { files, plan } = await printed(file("config-map.in.yaml"), await written(own));
    expect(plan).toMatchObject({ keep: 4, move: [], orphan: [] });
    expect(files.map(({ name }) => name)).toEqual(["hawser/kustomization.yaml", "hawser-hold/kustomization.yaml"]);
    expect(files[0]?.text).not.toContain("config-map");
  });

  it("reads a folder of manifests, with the ConfigMap of MetalLB in it, and a folder as FILE", async () => {
    await written(`
apiVersion: v1
kind: ConfigMap
metadata: { namespace: metallb-system, name: config }
data: { config: "address-pools: [{ name: lan, protocol: layer2, addresses: [192.0.2.0/28] }]" }
${service("web", "192.0.2.3")}`);
    for (const args of [["--manifests", folder], [folder]]) {
      const { code, stdout } = await migrate("metallb", ...args);
      expect([code, stdout]).toEqual([0, expect.stringContaining("--config-map=metallb-system/config")]);
      expect(stdout).toContain("1 Service keeps its addresses.");
    }
  });

  it("shows no password of a peer", async () => {
    for (const output of ["text", "json"]) {
      const { stdout } = await migrate("metallb", "-o", output, file("config-map.in.yaml"));
      expect(stdout).not.toContain("not to be shown");
    }
  });

  it.each([
    { name: "a file that does not exist", objects: undefined, says: "MANIFEST_UNREADABLE" },
    { name: "a document that is not YAML", objects: `${resources}\n---\n{`, says: "MANIFEST_NOT_YAML" },
    {
      name: "a pool that cannot be used",
      objects: resources.replace("192.0.2.0/28", "192.0.2.9-192.0.2.1"),
      says: "POOL_RANGE_REVERSED",
    },
  ])("exits with 1 for $name, and says so", async ({ objects, says }) => {
    const path = objects === undefined ? join(folder, "missing.yaml") : await written(objects);
    const { code, stdout } = await migrate("metallb", path, await written(objects ?? resources));
    expect([code, stdout]).toEqual([1, expect.stringContaining(says)]);
  });

  it("exits with 1 where a ConfigMap cannot be used, and no address is touched", async () => {
    const path = await written(`
apiVersion: v1
kind: ConfigMap
metadata: { namespace: metallb-system, name: config }
data: { config: "address-pools: [{ name: lan, protocol: l2, addresses: [192.0.2.0/28] }]" }
${service("web", "192.0.2.3")}`);
    const { code, stdout } = await migrate("metallb", path);
    expect([code, stdout]).toEqual([1, expect.stringContaining("Hawser touches no address")]);
    expect((await printed(path)).plan).toBeNull();
  });

  it("exits with 1 where nothing of MetalLB is there", async () => {
    const { code, stderr } = await migrate("metallb", await written(service("web", "192.0.2.3")));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("there are no pools of MetalLB in namespace metallb-system"),
    ]);
  });

  it.each([
    { name: "no program to come from", args: [], says: "say what to migrate from" },
    { name: "another program", args: ["kube-vip"], says: 'cannot migrate from "kube-vip"' },
    { name: "an unknown option", args: ["metallb", "--apply"], says: "Unknown option" },
  ])("exits with 2 for $name", async ({ args, says }) => {
    const { code, stderr } = await migrate(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  it("takes no word of an object into a command or a file that is more than a name", async () => {
    const odd = `
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: metallb-system, name: controller, labels: { app: metallb, component: controller } }
spec:
  selector: { matchLabels: { app: "metallb; reboot", "$(reboot)": x } }
  template: { spec: { containers: [{ name: controller, image: metallb/controller, args: ["--lb-class=a\\n- b: $(reboot)"] }] } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { namespace: metallb-system, name: "speaker; reboot", labels: { app: metallb, component: speaker } }
spec: { template: { spec: { nodeSelector: { "a: b": "$(reboot)" }, containers: [{ image: metallb/speaker }] } } }
`;
    for (const output of ["text", "json"]) {
      const { stdout } = await migrate("metallb", "-o", output, await written(`${resources}---${odd}`));
      expect(stdout).not.toContain("reboot");
    }
  });
});
