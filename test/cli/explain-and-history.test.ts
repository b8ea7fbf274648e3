import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Explanation } from "#src/view/explain.ts";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import { callCli } from "./run-cli.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const service = (name: string, namespace = "shop", more: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace, ...more },
  spec: { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80 }] },
});
const marks = {
  annotations: { "hawser.dev/ip-allocated-from-pool": "default", "hawser.dev/assigned-addresses": "192.0.2.1" },
};
const manifests = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "hawser", namespace: "hawser-system" },
    data: { config: "address-pools: [{ name: default, protocol: layer2, addresses: [192.0.2.1/32] }]" },
  },
  service("web", "shop", marks),
  service("late"),
  service("twin", "a"),
  service("twin", "b"),
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: ["10.0.0.1"], nodeName: "n1" }],
  },
];

/** Read with a warning whose code begins as those of an API server that cannot be read. */
const old = {
  apiVersion: "extensions/v1beta1",
  kind: "Ingress",
  metadata: { name: "old", namespace: "shop" },
  spec: {},
};

/** A folder as a controller and the speaker of n1 left it. */
async function installation(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-explain-"));
  closers.push(async () => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "all.yaml"), manifests.map((one) => stringify(one)).join("---\n"));
  const source = openFolderSource({ directory, log: createLogger({ component: "test", level: "silent" }) });
  await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
  closers.push(async () => source.close());
  const web = { kind: "Service", namespace: "shop", name: "web" } as const;
  await source.patch(web, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
  const said = { node: "n1", ready: true, standing: "Usable", announcing: ["192.0.2.1"], members: [{ node: "n1" }] };
  await source.report("speaker-n1", said);
  const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: ["192.0.2.0/24"], addresses: [] }];
  await source.report(
    "member-n1",
    { node: "n1", addresses: ["192.0.2.10"], keys: [], interfaces },
    { topic: "member" },
  );
  return directory;
}

describe("hawser history", () => {
  it("D shows who had an address and which node announced it, as text and as JSON", async () => {
    const directory = await installation();
    const source = openFolderSource({ directory, log: createLogger({ component: "test", level: "silent" }) });
    await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    const at = "2026-11-28T12:00:00.000Z";
    const announcement = { at, change: "announced", node: "n1", from: "", cause: "Vacant", addresses: ["192.0.2.1"] };
    const holding = { at, change: "assigned", address: "192.0.2.1", service: "shop/web" };
    const report = { holdings: [holding], announcements: [announcement] };
    await source.report("hawser-history", report, { topic: "history" });
    await source.close();
    const env = { HAWSER_MANIFESTS: directory };
    const text = await callCli(["history", "192.0.2.1"], env);
    expect([text.code, text.stderr, text.stdout.split("\n")]).toEqual([
      0,
      "",
      [
        "Address 192.0.2.1",
        "2026-11-28T12:00:00Z  assigned   192.0.2.1  to shop/web",
        "2026-11-28T12:00:00Z  announced  192.0.2.1  by n1 (Vacant)",
        "",
      ],
    ]);
    const { code, stdout } = await callCli(["history", "web", "-o", "json"], env);
    const { addresses: _all, ...entry } = announcement;
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        subject: { kind: "Service", service: "shop/web" },
        entries: [holding, { at, change: "announced", address: "192.0.2.1", node: "n1", cause: entry.cause }],
        isCut: false,
      },
    ]);
  });

  it.each([
    { name: "no subject", args: [], code: 2, says: "give one Service or address" },
    { name: "a Service that nothing knows", args: ["shop/none"], code: 1, says: 'there is no Service "shop/none"' },
    { name: "an address of which nothing is known", args: ["203.0.113.1"], code: 0, says: "" },
  ])("D says what is wrong with the subject: $name", async ({ args, code, says }) => {
    const result = await callCli(["history", ...args, "--manifests", await installation()]);
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(says)]);
  });
});

describe("hawser explain", () => {
  it("F prints no warning about a manifest: only what keeps it from seeing a part", async () => {
    const directory = await installation();
    await writeFile(join(directory, "old.yaml"), stringify(old));
    expect((await callCli(["explain", "web", "--manifests", directory])).stderr).toBe("");
    expect((await callCli(["status", "--manifests", directory])).stdout).toContain("[API_VERSION_OLD]");
  });

  it("F exits with 0 where no step is bad, and says who announces the address and with which MAC", async () => {
    const { code, stdout, stderr } = await callCli(["explain", "shop/web", "--manifests", await installation()]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Service shop\/web: 192\.0\.2\.1\nok /);
    expect(stdout).toContain("192.0.2.1: node n1 announces it. (Announced)");
    expect(stdout).toContain("02:00:00:00:00:01, that of node n1");
    expect(stdout).toMatch(/\nNext: .+\n$/);
    expect(stdout).not.toMatch(/^bad/m);
  });

  it("F exits with 1 where a step is bad, and says the same as JSON", async () => {
    const env = { HAWSER_MANIFESTS: await installation() };
    const text = await callCli(["explain", "late"], env);
    expect([text.code, text.stdout]).toEqual([1, expect.stringMatching(/^bad {2}address .*\(PoolExhausted\)$/m)]);
    const { code, stdout } = await callCli(["explain", "late", "-o", "json"], env);
    const { subject, steps, next } = JSON.parse(stdout) as Explanation;
    expect([code, subject]).toEqual([1, { kind: "Service", namespace: "shop", name: "late", addresses: [] }]);
    expect(steps.find(({ step, verdict }) => step === "address" && verdict === "bad")?.reason).toBe("PoolExhausted");
    for (const step of steps) expect(Object.keys(step)).toEqual(["step", "verdict", "reason", "text"]);
    expect(text.stdout).toContain(`Next: ${next}\n`);
  });

  it.each([
    { name: "by an address that a Service has", subject: "192.0.2.1", code: 0, says: "Address 192.0.2.1: shop/web\n" },
    { name: "by an address of no pool", subject: "192.0.2.9", code: 1, says: "no pool contains it" },
    { name: "by the NAME of one Service", subject: "web", code: 0, says: "Service shop/web: 192.0.2.1\n" },
  ])("F finds its subject $name", async ({ subject, code, says }) => {
    const result = await callCli(["explain", subject, "--manifests", await installation()]);
    expect([result.code, result.stdout]).toEqual([code, expect.stringContaining(says)]);
  });

  it.each([
    { name: "none", args: [], code: 2, says: "give one Service or address" },
    { name: "two", args: ["a", "b"], code: 2, says: "give one Service or address" },
    { name: "a text that cannot be a name", args: ["Web/"], code: 2, says: '"Web/" is not an address' },
    { name: "a Service that is not there", args: ["shop/none"], code: 1, says: 'there is no Service "shop/none"' },
    { name: "a NAME that two have", args: ["twin"], code: 1, says: "a/twin, b/twin. Give one of them" },
  ])("F says what is wrong with the subject: $name", async ({ args, code, says }) => {
    const result = await callCli(["explain", ...args, "--manifests", await installation()]);
    expect([result.code, result.stdout, result.stderr]).toEqual([code, "", expect.stringContaining(says)]);
  });

  it("F exits with 1 for a folder that is not there, and with 2 without a source", async () => {
    const missing = await callCli(["explain", "web", "--manifests", "/nowhere/at/all"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("/nowhere/at/all")]);
    const none = await callCli(["explain", "web", "--kubeconfig", "/nowhere/config"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("KUBECONFIG_UNREADABLE")]);
  });
});
