import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import type { Source } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";
import { callCli } from "./run-cli.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const MOVES = "192.0.2.1";
/** The endpoint of its Service is on n1 alone. */
const STAYS = "192.0.2.2";
const NODES = ["n1", "n2"];

function service(name: string, externalTrafficPolicy: string): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop", annotations: { "hawser.dev/ip-allocated-from-pool": "default" } },
    spec: { type: "LoadBalancer", externalTrafficPolicy, selector: { app: name }, ports: [{ port: 80 }] },
  };
}

const manifests = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "hawser", namespace: "hawser-system" },
    data: { config: "address-pools: [{ name: default, protocol: layer2, addresses: [192.0.2.1-192.0.2.9] }]" },
  },
  service("web", "Cluster"),
  service("local", "Local"),
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "local-1", namespace: "shop", labels: { "kubernetes.io/service-name": "local" } },
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: ["10.0.0.1"], nodeName: "n1" }],
  },
];
const nodes = NODES.map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name } }));

interface World {
  readonly directory: string;
  readonly source: Source;
  /** Makes the report of a speaker. */
  say(node: string, announcing: readonly string[], standing?: string): Promise<void>;
}

/** A folder as a controller and two speakers left it: n1 announces both addresses. */
async function world(objects: readonly object[] = [...manifests, ...nodes]): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-drain-"));
  closers.push(async () => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "all.yaml"), objects.map((one) => stringify(one)).join("---\n"));
  const source = openFolderSource({ directory, log: createLogger({ component: "test", level: "silent" }) });
  await source.open(["Service", "Node"], { onChange: () => undefined, onProblems: () => undefined });
  closers.push(async () => source.close());
  for (const [name, ip] of [
    ["web", MOVES],
    ["local", STAYS],
  ] as const)
    await source.patch(
      { kind: "Service", namespace: "shop", name },
      { status: { loadBalancer: { ingress: [{ ip }] } } },
    );
  const say: World["say"] = async (node, announcing, standing = "Usable") => {
    const members = NODES.map((one) => ({ node: one }));
    await source.report(`speaker-${node}`, { node, ready: true, standing, announcing, members });
  };
  for (const [index, node] of NODES.entries()) {
    const interfaces = [{ name: "eth0", mac: `02:00:00:00:00:0${index}`, subnets: ["192.0.2.0/24"], addresses: [] }];
    const record = { node, addresses: [`192.0.2.1${index}`], keys: [], interfaces };
    await source.report(`member-${node}`, record, { topic: "member" });
    await say(node, node === "n1" ? [MOVES, STAYS] : []);
  }
  return { directory, source, say };
}

function annotationOf(source: Source): string | undefined {
  return source.get("Node", "n1")?.metadata.annotations["hawser.dev/drain"];
}

function wishOf(source: Source, node = "n1"): string | undefined {
  return source.get("Node", node)?.metadata.annotations["hawser.dev/rebalance"];
}

describe("hawser drain", () => {
  it("13 D --dry-run says which node takes what and what stays, and writes nothing", async () => {
    const { directory, source } = await world();
    const { code, stdout } = await callCli(["drain", "n1", "--dry-run", "--manifests", directory]);
    expect([code, stdout.split("\n")]).toEqual([
      1,
      [
        "RESULT   ADDRESS    SERVICES    TO NODE",
        "to move  192.0.2.1  shop/web    n2",
        "to keep  192.0.2.2  shop/local  -",
        "",
        "192.0.2.2: no other node can announce it: 1 node without a ready endpoint, which externalTrafficPolicy Local needs",
        "",
        "2 addresses of node n1: 1 to move, 1 to keep.",
        "",
      ],
    ]);
    expect(annotationOf(source)).toBe(undefined);
  });

  it("13 D asks on the Node, waits for the speakers, and says what moved; --undo ends it", async () => {
    const { directory, source, say } = await world();
    const running = callCli(["drain", "n1", "--manifests", directory, "-o", "json"]);
    await vi.waitFor(() => expect(annotationOf(source)).toMatch(/^20/), eventually);
    await say("n2", [MOVES]);
    await say("n1", [STAYS], "NodeDraining");
    const { code, stdout, stderr } = await running;
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        node: "n1",
        dryRun: false,
        moved: [{ address: MOVES, services: ["shop/web"], to: "n2" }],
        kept: [
          { address: STAYS, services: ["shop/local"], why: expect.stringContaining("no other node can") as string },
        ],
        unfinished: [],
      },
    ]);
    expect(stderr).toContain("1 of 2 addresses moved away from n1, 1 can only be announced there");
    const explained = await callCli(["explain", "local", "--manifests", directory]);
    expect(explained.stdout).toContain("node n1 is being drained, and announces it until another node takes it over.");
    expect((await callCli(["status", "--manifests", directory])).stdout).toContain("NodeDraining");
    const undone = await callCli(["drain", "n1", "--undo", "--manifests", directory]);
    expect([undone.code, undone.stdout]).toEqual([0, ""]);
    await vi.waitFor(() => expect(annotationOf(source)).toBe(undefined), eventually);
  });

  it("13 D ends with 0 where nothing is left, and with 1 after --timeout", async () => {
    const { directory, say } = await world();
    const late = await callCli(["drain", "n1", "--timeout", "1s", "--manifests", directory, "-o", "wide"]);
    expect([late.code, late.stdout]).toEqual([1, expect.stringContaining("not within 1 s")]);
    await say("n1", [], "NodeDraining");
    const { code, stdout } = await callCli(["drain", "n1", "--manifests", directory]);
    expect([code, stdout]).toEqual([0, "Node n1 announces no address.\n"]);
  });

  it.each([
    { args: [], code: 2, says: "give the name of one NODE" },
    { args: ["n1", "n2"], code: 2, says: "give the name of one NODE" },
    { args: ["n1", "--timeout", "soon"], code: 2, says: "--timeout soon is not a duration" },
    { args: ["n1", "--dry-run", "--undo"], code: 2, says: "give it without --undo" },
    { args: ["n3"], code: 1, says: 'there is no Node "n3". Did you mean n1?' },
  ])("13 D refuses $args with code $code", async ({ args, code, says }) => {
    const { directory } = await world();
    const result = await callCli(["drain", ...args, "--manifests", directory]);
    expect([result.code, result.stdout]).toEqual([code, ""]);
    expect(result.stderr).toContain(says);
  });

  it("13 D says that a folder needs a manifest of each Node", async () => {
    const { directory } = await world(manifests);
    const { code, stderr } = await callCli(["drain", "n1", "--manifests", directory]);
    expect(code).toBe(1);
    expect(stderr).toContain("write one for each machine with a speaker");
  });
});

describe("hawser rebalance", () => {
  const both = [...manifests.slice(0, 2), service("local", "Cluster"), ...nodes];

  it("13 E --dry-run says what would move, and writes nothing", async () => {
    const { directory, source } = await world(both);
    const { code, stdout } = await callCli(["rebalance", "--dry-run", "--manifests", directory]);
    expect([code, stdout.split("\n")]).toEqual([
      0,
      [
        "RESULT   ADDRESS    SERVICES  FROM NODE  TO NODE",
        "to move  192.0.2.1  shop/web  n1         n2",
        "",
        "1 address: 1 to move.",
        "",
      ],
    ]);
    expect(wishOf(source)).toBe(undefined);
  });

  it("13 E asks all nodes, waits until addresses are spread, and takes the wish back", async () => {
    const { directory, source, say } = await world(both);
    const running = callCli(["rebalance", "--manifests", directory, "-o", "json"]);
    await vi.waitFor(
      () => expect([wishOf(source), wishOf(source, "n2")]).toEqual([expect.any(String), wishOf(source)]),
      eventually,
    );
    await say("n2", [MOVES]);
    await say("n1", [STAYS]);
    const { code, stdout, stderr } = await running;
    const move = { address: MOVES, services: ["shop/web"], from: "n1", to: "n2" };
    expect([code, JSON.parse(stdout)]).toEqual([0, { dryRun: false, moved: [move], unmoved: [] }]);
    expect(stderr).toContain("0 addresses of 1 still to move");
    await vi.waitFor(() => expect([wishOf(source), wishOf(source, "n2")]).toEqual([undefined, undefined]), eventually);
    const again = await callCli(["rebalance", "--manifests", directory]);
    expect([again.code, again.stdout]).toEqual([0, "The addresses are spread: nothing is to move.\n"]);
  });

  it("13 E says what has not moved after --timeout", async () => {
    const { directory, source } = await world(both);
    const { code, stdout } = await callCli(["rebalance", "--timeout", "1s", "--manifests", directory]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("1 address: 0 moved, 1 not moved.")]);
    await vi.waitFor(() => expect(wishOf(source)).toBe(undefined), eventually);
  });

  it("13 E refuses a duration that is none", async () => {
    const { directory } = await world(both);
    const result = await callCli(["rebalance", "--timeout", "soon", "--manifests", directory]);
    expect([result.code, result.stdout]).toEqual([2, ""]);
  });
});
