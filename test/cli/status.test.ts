import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type StatusView, viewStatus } from "#src/view/status-view.ts";
import { printStatus } from "#cli/print-status.ts";
import { printTable } from "#cli/table.ts";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import { callCli, startCli } from "./run-cli.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const pools = `address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.0/29]
- name: modern
  protocol: layer2
  auto-assign: false
  addresses: ["2001:db8::/64"]
`;
const manifests = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "hawser", namespace: "hawser-system" },
    data: { config: pools },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "late" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
  },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: [
      { addresses: ["10.0.0.1"], nodeName: "n1" },
      { addresses: ["10.0.0.2"], nodeName: "n2", conditions: { ready: false } },
    ],
  },
  { apiVersion: "v1", kind: "Service", metadata: { name: "inner" }, spec: { ports: [{ port: 80 }] } },
];

/** A folder as a controller and two speakers left it, of which n2 died: only n1 has reported since. */
async function installation(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-status-"));
  closers.push(async () => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "all.yaml"), manifests.map((one) => stringify(one)).join("---\n"));
  let nowMs = Date.now() - 180_000;
  const log = createLogger({ component: "test", level: "silent" });
  const source = openFolderSource({ directory, log, clock: () => nowMs });
  await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
  closers.push(async () => source.close());
  const web = { kind: "Service", namespace: "default", name: "web" } as const;
  const late = { ...web, name: "late" };
  await source.patch(web, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }] } } });
  const condition = {
    type: "hawser.dev/AddressAssigned",
    status: "False",
    reason: "PoolExhausted",
    message: "pool default is full",
  };
  await source.patch(late, { status: { conditions: [condition] } });
  const both = [{ node: "n1" }, { node: "n2" }];
  await source.report("speaker-n2", { node: "n2", announcing: ["192.0.2.1"], members: both });
  nowMs += 60_000;
  const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01" }];
  const said = { node: "n1", ready: true, announcing: ["192.0.2.1", "nonsense"], ineligible: { NoSubnet: 1 } };
  await source.report("speaker-n1", { ...said, members: [{ node: "n1" }], interfaces });
  source.record({ about: late, type: "Warning", reason: "PoolExhausted", message: "pool default\u001B[31m is full" });
  return directory;
}

describe("hawser status", () => {
  it("says that a pool assigns on its own, only on request, or not at all", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hawser-status-"));
    closers.push(async () => rm(directory, { recursive: true, force: true }));
    const pool = (name: string, third: number, more: string): string =>
      `{ name: ${name}, protocol: layer2, addresses: [192.0.${third}.0/30]${more} }`;
    const pools = [pool("a", 2, ""), pool("b", 3, ", auto-assign: false"), pool("c", 4, ", disabled: true")];
    const data = { config: `address-pools: [${pools.join(", ")}]` };
    const metadata = { namespace: "hawser-system", name: "hawser" };
    await writeFile(join(directory, "a.yaml"), stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data }));
    const { stdout } = await callCli(["status", "--manifests", directory]);
    expect(stdout.match(/^[abc] .*$/gm)?.map((line) => line.split(/ {2,}/).slice(0, 4).join(" "))).toEqual([
      "a 4 0 yes",
      "b 4 0 no",
      "c 4 0 disabled",
    ]);
    const json = await callCli(["status", "--manifests", directory, "-o", "json"]);
    const view = JSON.parse(json.stdout) as { pools: readonly { disabled: boolean }[] };
    expect(view.pools.map(({ disabled }) => disabled)).toEqual([false, false, true]);
  });

  it("shows pools, Services, speakers and Events, the pending Service with its reason, the dead speaker as down", async () => {
    const { code, stdout, stderr } = await callCli(["status", "--manifests", await installation()]);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "));
    for (const line of [
      "POOL | SIZE | USED | AUTO-ASSIGN | RANGES",
      "default | 8 | 2 | yes | 192.0.2.0-192.0.2.7",
      "modern | 18446744073709551616 | 1 | no | 2001:db8::-2001:db8::ffff:ffff:ffff:ffff",
      "default/late | pending | - | - | - | 0 of 0 | - | PoolExhausted: pool default is full",
      "default/web | 192.0.2.1 | default | n1 | none | 1 of 2 | - | NoEligibleNode: 2001:db8::1: no speaker announces it",
      "default/web | 2001:db8::1 | modern | none | none | 1 of 2 | - | NoEligibleNode: 2001:db8::1: no speaker announces it",
      "n1 | up | 192.0.2.1 | NoSubnet for 1 | eth0 | n1 | - | 2m",
      "n2 | silent | - | - | - | n1, n2 | - | 3m",
      "2m | Warning | PoolExhausted | Service default/late | pool default [31m is full",
    ])
      expect(lines).toContain(line);
    expect(stdout).not.toContain("inner");
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
  });

  it("shows speakers as down that died with their nodes, though no report says otherwise", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hawser-status-"));
    closers.push(async () => rm(directory, { recursive: true, force: true }));
    const log = createLogger({ component: "test", level: "silent" });
    const source = openFolderSource({ directory, log });
    await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    closers.push(async () => source.close());
    const members = ["n1", "n2"].map((node) => ({ node, ready: true }));
    for (const { node } of members)
      await source.report(`speaker-${node}`, { node, ready: true, standing: "Usable", announcing: [], members });
    const alive = async (ready: string): Promise<readonly boolean[]> => {
      const status = { conditions: [{ type: "Ready", status: ready }] };
      const nodes = members.map(({ node: name }) => ({ apiVersion: "v1", kind: "Node", metadata: { name }, status }));
      await writeFile(join(directory, "nodes.yaml"), nodes.map((node) => stringify(node)).join("---\n"));
      const { stdout } = await callCli(["status", "--json", "--manifests", directory]);
      return (JSON.parse(stdout) as StatusView).speakers.map((speaker) => speaker.alive);
    };
    expect(await alive("True")).toEqual([true, true]);
    expect(await alive("Unknown")).toEqual([false, false]);
  });

  it("warns of addresses of a pool that the networks of the nodes keep for themselves", async () => {
    const directory = await installation();
    const source = openFolderSource({ directory, log: createLogger({ component: "test", level: "silent" }) });
    await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    closers.push(async () => source.close());
    const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: ["192.0.2.0/24", "2001:db8::/64"] }];
    const member = { node: "n1", addresses: ["192.0.2.10"], keys: [], hasNode: false, interfaces };
    await source.report("member-n1", member, { topic: "member" });
    const { stdout } = await callCli(["status", "--manifests", directory]);
    const warned = [...stdout.matchAll(/pool "(\w+)": Never assigns (\S+): .*\[POOL_HAS_NETWORK_ADDRESS\]$/gm)];
    expect(warned.map(([, pool, ip]) => [pool, ip])).toEqual([
      ["default", "192.0.2.0"],
      ["modern", "2001:db8::"],
    ]);
  });

  it("says the same as JSON", async () => {
    const { code, stdout } = await callCli(["status", "--json"], { HAWSER_MANIFESTS: await installation() });
    const view = JSON.parse(stdout) as StatusView;
    expect(code).toBe(0);
    expect(view.services.map(({ service, addresses }) => [service, addresses])).toEqual([
      ["default/late", []],
      [
        "default/web",
        [
          { ip: "192.0.2.1", pool: "default", owner: "n1", certain: true, spares: [] },
          { ip: "2001:db8::1", pool: "modern", certain: true, spares: [] },
        ],
      ],
    ]);
    expect(view.speakers.map(({ node, alive }) => [node, alive])).toEqual([
      ["n1", true],
      ["n2", false],
    ]);
    expect(view.events[0]).toMatchObject({ reason: "PoolExhausted", count: 1 });
    expect(view.problems).toEqual([]);
  });

  it("O11 prints JSON for -o json and --output=json, as for --json", async () => {
    const env = { HAWSER_MANIFESTS: await installation() };
    const outputs = await Promise.all(
      [["-o", "json"], ["-ojson"], ["--output=json"], ["--json"]].map(async (args) =>
        callCli(["status", ...args], env),
      ),
    );
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
    expect(outputs.map(({ code, stdout }) => [code, typeof JSON.parse(stdout)])).toEqual(
      outputs.map(() => [0, "object"]),
    );
    const wrong = await callCli(["status", "-o", "xml"], env);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("Give one of text, json, yaml, wide, name"),
    ]);
  });

  it("O4 exits with 1 when a Service is not served, and only when it is asked to", async () => {
    const env = { HAWSER_MANIFESTS: await installation() };
    expect((await callCli(["status"], env)).code).toBe(0);
    const { code, stdout } = await callCli(["status", "--exit-code"], env);
    expect([code, stdout.split("\n")[0]]).toEqual([
      1,
      "NOT SERVED: 2 of 2 Services. hawser explain default/late says why.",
    ]);
    await rm(join(env.HAWSER_MANIFESTS, "all.yaml"));
    expect((await callCli(["status", "--exit-code"], env)).code).toBe(0);
  });

  it("O2 in a folder a speaker without a sign of life does not run, whatever its report says", async () => {
    const directory = await installation();
    const longAgo = new Date(Date.now() - 60_000);
    for (const name of ["speaker-n1", "speaker-n2"])
      await utimes(join(directory, ".hawser/alive", name), longAgo, longAgo);
    const { stdout } = await callCli(["status", "--json", "--manifests", directory]);
    const { speakers, services } = JSON.parse(stdout) as StatusView;
    expect(speakers.map(({ state, detail, certain }) => [state, detail, certain])).toEqual(
      ["n1", "n2"].map(() => ["not running", "no sign of life", true]),
    );
    expect(services.find(({ service }) => service === "default/web")?.reason).toBe("NoSpeaker");
  });

  it("O7 reads the ConfigMap that --namespace and --config-map name", async () => {
    const env = { HAWSER_MANIFESTS: await installation() };
    const poolsOf = async (...args: readonly string[]) =>
      (JSON.parse((await callCli(["status", "--json", ...args], env)).stdout) as StatusView).pools.map(
        ({ name }) => name,
      );
    expect(await poolsOf()).toEqual(["default", "modern"]);
    expect(await poolsOf("--config-map=other")).toEqual([]);
    expect(await poolsOf("--namespace=other")).toEqual([]);
  });

  it("shows an empty folder, and Problems where manifests have any", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hawser-status-"));
    closers.push(async () => rm(directory, { recursive: true, force: true }));
    expect((await callCli(["status", "--manifests", directory])).stdout).toBe(
      [
        "no pools can be read; a controller that runs keeps its last good ones",
        "no Services of type LoadBalancer",
        "no speaker has reported",
        "no Events",
        'ConfigMap "hawser-system/hawser": Cannot find the configuration: there is no ConfigMap of this name. ' +
          "Create it with the pools, name another one with --namespace and --config-map, or create IPAddressPools. [CONFIG_MAP_MISSING]",
        "",
      ]
        .join("\n\n")
        .replace(/\n\n$/, "\n"),
    );
    await writeFile(join(directory, "bad.yaml"), "kind: [\n");
    const { code, stdout } = await callCli(["status", "--manifests", directory]);
    expect(code).toBe(0);
    expect(stdout).toContain("[MANIFEST_NOT_YAML]");
  });

  it("exits 1 for a folder that is not there", async () => {
    const { code, stderr } = await callCli(["status", "--manifests", "/nowhere/at/all"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("/nowhere/at/all")]);
  });

  it("with --watch says what changes, and ends with 0 on SIGINT", async () => {
    const directory = await installation();
    const watching = startCli(["status", "--manifests", directory, "--json", "--watch"]);
    await watching.says(/"late"|default\/late/);
    await rm(join(directory, "all.yaml"));
    await watching.says(/"services":\[\]/);
    watching.child.kill("SIGINT");
    expect((await watching.ended).code).toBe(0);
  });
});

describe("printStatus()", () => {
  it("O3 shows ? for what cannot be read, and says which parts", () => {
    const nowMs = Date.parse("2026-11-28T12:00:00Z");
    const all = {
      configMaps: undefined,
      services: undefined,
      slices: undefined,
      nodes: undefined,
      processes: undefined,
    };
    const rest = { reports: undefined, members: undefined, leases: undefined, events: undefined, problems: [] };
    const view = viewStatus({
      nowMs,
      namespace: "hawser-system",
      configMap: "a/b",
      loadBalancerClass: undefined,
      ...all,
      ...rest,
    });
    expect(printStatus(view, nowMs).split("\n\n")).toEqual([
      "POOL: ?",
      "SERVICE: ?",
      "NODE: ?",
      "ELECTION: ?",
      "LAST SEEN: ?",
      "? = not known: services, pools, nodes, endpoints, pods, speakers, leaders, events cannot be read, for the reasons above\n",
    ]);
  });
});

describe("printTable()", () => {
  it("pads to the widest cell, marks empty ones, and lets no control character through", () => {
    const table = printTable(
      ["A", "BB"],
      [
        ["long", ""],
        ["", "x\u0007\n\u009By"],
      ],
    );
    expect(table).toBe("A     BB\nlong  -\n-     x y\n");
  });
});
