import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { runHawser } from "#cli/run-hawser.ts";
import { eventually } from "#test/support/eventually.ts";
import { testIo } from "#test/support/program-io.ts";
import { callCli, startCli } from "./run-cli.ts";

const CONTROLLER = fileURLToPath(new URL("../../controller/main.ts", import.meta.url));
const NAMES = ["a", "b", "c"] as const;

let folder: string;
let controller: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-release-"));
});
afterEach(async () => {
  await stopController("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

const pools = (...entries: readonly string[]): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
${entries.map((entry) => `    - { protocol: layer2, ${entry} }\n`).join("")}`;
const OLD = "name: old, addresses: [192.0.2.0/30]";
const NEW = "name: new, addresses: [198.51.100.0/30]";

function configure(...entries: readonly string[]): void {
  writeFileSync(join(folder, "pools.yaml"), pools(...entries));
}

/** Services with statuses from the pool `old`; `spec` and annotations of some of them as YAML. */
function deploy(extra: Partial<Record<(typeof NAMES)[number], { spec?: string; annotations?: string }>> = {}): void {
  const services = NAMES.map((name, at) => {
    const { spec = "", annotations = "" } = extra[name] ?? {};
    return `
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
  creationTimestamp: "2026-11-28T10:0${at}:00Z"
  annotations: { hawser.dev/ip-allocated-from-pool: old, hawser.dev/assigned-addresses: 192.0.2.${at}, ${annotations} }
spec: { type: LoadBalancer, selector: { app: ${name} }, ports: [{ port: 80 }], ${spec} }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.${at} }] } }
`;
  });
  writeFileSync(join(folder, "services.yaml"), services.join("---"));
}

/** A speaker that answers for all addresses of both pools. */
async function announce(): Promise<void> {
  await mkdir(join(folder, ".hawser/reports"), { recursive: true });
  const all = ["192.0.2", "198.51.100"].flatMap((net) => [0, 1, 2, 3].map((at) => `${net}.${at}`));
  await writeFile(
    join(folder, ".hawser/reports/speaker-n1.yaml"),
    `{ node: n1, ready: true, announcing: [${all.join(", ")}] }\n`,
  );
}

function startController(): void {
  const admin = ["--admin-address", "127.0.0.1", "--admin-port", "0"];
  controller = spawn(process.execPath, [CONTROLLER, "--manifests", folder, ...admin], { stdio: "ignore" });
}

async function stopController(signal: NodeJS.Signals): Promise<void> {
  if (controller === undefined || controller.exitCode !== null || controller.signalCode !== null) return;
  controller.kill(signal);
  await once(controller, "exit");
}

interface StatusFile {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] };
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

/** What the status file of a Service says; nothing while there is none. */
function statusOf(name: string): StatusFile {
  try {
    return parse(readFileSync(join(folder, `.hawser/status/Service/shop/${name}.yaml`), "utf8")) as StatusFile;
  } catch {
    return {};
  }
}

const has = (name: string): readonly string[] =>
  (statusOf(name).status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
const wishOf = (name: string): string | undefined => statusOf(name).annotations?.["hawser.dev/release-addresses"];
const isAnnounced = (name: string): boolean =>
  statusOf(name).status?.conditions?.some(
    ({ type, status }) => type === "hawser.dev/Announced" && status === "True",
  ) === true;

const release = async (...args: readonly string[]) => callCli(["release", "--manifests", folder, ...args]);

/** The lines without the time that something took. */
const untimed = (text: string): string => text.replaceAll(/\d+\.\d s/g, "TIME");

describe("C hawser release", () => {
  it("moves the Services of a pool that is gone, one after the other, each with an address all the time", async () => {
    configure(NEW);
    deploy();
    await announce();
    startController();
    await vi.waitUntil(() => NAMES.every(isAnnounced), eventually);
    expect(NAMES.map((name) => has(name))).toEqual([["192.0.2.0"], ["192.0.2.1"], ["192.0.2.2"]]);
    expect((await callCli(["status", "--manifests", folder])).stdout).toContain(
      "ORPHANED: 3 Services keep an address that no pool contains. hawser release shop/a exchanges it.\n",
    );
    const seen: number[] = [];
    const eyes = setInterval(() => {
      const moving = NAMES.filter((name) => has(name).length === 2).length;
      if (NAMES.some((name) => has(name).length === 0)) seen.push(0);
      seen.push(moving);
    }, 20);
    const { code, stdout, stderr } = await release("--pool", "old", "--pause", "100ms");
    clearInterval(eyes);
    expect(Math.max(...seen)).toBe(1);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "RESULT    SERVICE  HAD        HAS",
        "released  shop/a   192.0.2.0  198.51.100.0",
        "released  shop/b   192.0.2.1  198.51.100.1",
        "released  shop/c   192.0.2.2  198.51.100.2",
        "",
        "3 addresses: 3 released.",
        "",
      ].join("\n"),
    );
    expect(untimed(stderr)).toBe(
      [
        "1 of 3: shop/a gives up 192.0.2.0",
        "1 of 3: shop/a is done after TIME, and has 198.51.100.0",
        "2 of 3: shop/b gives up 192.0.2.1",
        "2 of 3: shop/b is done after TIME, and has 198.51.100.1",
        "3 of 3: shop/c gives up 192.0.2.2",
        "3 of 3: shop/c is done after TIME, and has 198.51.100.2",
        "",
      ].join("\n"),
    );
    expect(NAMES.map((name) => [has(name), wishOf(name), isAnnounced(name)])).toEqual(
      NAMES.map((_, at) => [[`198.51.100.${at}`], undefined, true]),
    );
    expect((await release("shop/a")).code).toBe(0);
  });

  it("is finished by the controller where the command is killed after it wrote the wish", async () => {
    configure(NEW);
    deploy();
    const { child, ended } = startCli(["release", "b", "--manifests", folder]);
    await vi.waitUntil(() => wishOf("b") === "192.0.2.1", eventually);
    child.kill("SIGKILL");
    await ended;
    startController();
    await vi.waitUntil(() => has("b")[0] === "198.51.100.0" && wishOf("b") === undefined, eventually);
    await vi.waitUntil(() => NAMES.every((name) => has(name).length > 0), eventually);
    expect([has("a"), has("c")]).toEqual([["192.0.2.0"], ["192.0.2.2"]]);
  });

  it("takes the wish back after --timeout where no controller obeys it, and leaves the others alone", async () => {
    configure(NEW);
    deploy();
    const { code, stdout, stderr } = await release("--pool", "old", "--timeout", "600ms", "-o", "json");
    expect(code).toBe(1);
    const why = "not within 0.6 s: no controller has begun: does one lead? hawser status says so";
    expect(JSON.parse(stdout)).toEqual({
      dryRun: false,
      released: [],
      kept: [{ service: "shop/a", address: "192.0.2.0", why }],
      unfinished: [],
      untried: [
        { service: "shop/b", address: "192.0.2.1" },
        { service: "shop/c", address: "192.0.2.2" },
      ],
    });
    expect(stderr).toContain(`1 of 3: shop/a kept: ${why}\n`);
    expect(NAMES.map(wishOf)).toEqual([undefined, undefined, undefined]);
  });

  it("takes the wish back after Ctrl-C where the controller has not begun", async () => {
    configure(NEW);
    deploy();
    const io = testIo();
    const ended = runHawser(["release", "--pool", "old", "--manifests", folder], io);
    await vi.waitUntil(() => wishOf("a") !== undefined, eventually);
    io.signal("SIGINT");
    expect(await ended).toBe(1);
    expect(io.out()).toMatch(/^kept +shop\/a .*\nnot tried +shop\/b .*\nnot tried +shop\/c /m);
    expect(io.out()).toContain("shop/a: interrupted\n");
    expect(wishOf("a")).toBeUndefined();
  });

  it("says after --timeout what the controller finishes, where no speaker answers for the new address", async () => {
    configure(NEW);
    deploy();
    await mkdir(join(folder, ".hawser/reports"), { recursive: true });
    await writeFile(
      join(folder, ".hawser/reports/speaker-n1.yaml"),
      "{ node: n1, ready: true, announcing: [192.0.2.0] }\n",
    );
    startController();
    await vi.waitUntil(() => isAnnounced("a"), eventually);
    const { code, stdout } = await release("a", "--timeout", "3s", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      unfinished: [{ service: "shop/a", from: "192.0.2.0", to: "198.51.100.0" }],
    });
    expect(stdout).toContain("192.0.2.0 leaves when a speaker answers for 198.51.100.0.");
    expect([has("a"), wishOf("a")]).toEqual([["198.51.100.0", "192.0.2.0"], "192.0.2.0"]);
  });

  it("goes on with the others where a Service asks for exactly its address, and exits with 1", async () => {
    configure(`${OLD}, disabled: true`, NEW);
    deploy({ b: { spec: "loadBalancerIP: 192.0.2.1" } });
    startController();
    const { code, stdout } = await release("--pool", "old", "--pause", "0");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^kept +shop\/b +192\.0\.2\.1 +192\.0\.2\.1$/m);
    expect(stdout).toContain("because the Service asks for exactly this address.");
    expect(stdout).toContain("3 addresses: 2 released, 1 kept.");
    expect([has("a"), has("c"), wishOf("b")]).toEqual([["198.51.100.0"], ["198.51.100.1"], undefined]);
  });

  it("shows with --dry-run what would move, and changes nothing", async () => {
    configure(`${OLD}, disabled: true`, "name: new, addresses: [198.51.100.0/31]");
    deploy();
    const { code, stdout } = await release("--pool", "old", "--dry-run");
    expect(code).toBe(1);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "RESULT      SERVICE  HAD        WOULD HAVE",
      "to release  shop/a   192.0.2.0  198.51.100.0",
      "to release  shop/b   192.0.2.1  198.51.100.1",
      "to keep     shop/c   192.0.2.2  192.0.2.2",
    ]);
    expect(stdout).toContain('pool "new" has 2 of 2 addresses in use');
    expect(NAMES.map((name) => statusOf(name))).toEqual([{}, {}, {}]);
  });

  it.each([
    { name: "nothing named", args: [], says: "name a SERVICE, or give --pool or --address" },
    { name: "a pool and a Service", args: ["a", "--pool", "old"], says: "--pool is for all addresses of a pool" },
    { name: "a pool and an address", args: ["--address", "192.0.2.0", "--pool", "old"], says: "--pool is for all" },
    { name: "no address", args: ["--address", "old"], says: '"old" is not an IP address' },
    { name: "no duration", args: ["a", "--pause", "soon"], says: "--pause soon is not a duration such as 1s" },
    { name: "no time at all", args: ["a", "--timeout", "0s"], says: "--timeout 0s is not a duration such as 60s" },
  ])("exits with 2 for $name", async ({ args, says }) => {
    configure(OLD);
    const { code, stderr } = await release(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`hawser release: ${says}`)]);
    expect(stderr).toContain("See hawser release --help\n");
  });

  it.each([
    { name: "an unknown Service", args: ["z"], says: 'there is no Service "z"' },
    {
      name: "a pool that still assigns",
      args: ["--pool", "old"],
      says: 'pool "old" still assigns addresses, so its Services would get others of the same pool. Write disabled: true in the pool first',
    },
    {
      name: "an unknown pool",
      args: ["--pool", "none"],
      says: 'there is no pool "none", and no Service has an address from a pool of this name',
    },
    {
      name: "an address that no Service has",
      args: ["--address", "192.0.2.3"],
      says: "no Service that Hawser serves has 192.0.2.3",
    },
    {
      name: "an address of another Service",
      args: ["a", "--address", "192.0.2.1"],
      says: "shop/a does not have 192.0.2.1",
    },
  ])("exits with 1 for $name", async ({ args, says }) => {
    configure(OLD);
    deploy();
    const { code, stdout, stderr } = await release(...args);
    expect([code, stdout, stderr]).toEqual([1, "", `hawser release: ${says}\n`]);
  });

  it("exits with 0 where a Service has no orphaned address, and says how to release one that a pool contains", async () => {
    configure(OLD);
    deploy();
    expect(await release("a")).toEqual({
      code: 0,
      stdout: "There is nothing to release.\n",
      stderr: "shop/a has no orphaned address. To release one that a pool contains, name it with --address.\n",
    });
  });
});
