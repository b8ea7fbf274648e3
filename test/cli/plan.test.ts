import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli } from "./run-cli.ts";

const golden = fileURLToPath(new URL("../golden/plan/", import.meta.url));
const file = (name: string): string => join(golden, `${name}.in.yaml`);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-plan-"));
  await writeFile(join(folder, "base.yaml"), await readFile(join(golden, "base.yaml"), "utf8"));
});
afterEach(async () => rm(folder, { recursive: true }));

const plan = async (...args: readonly string[]) => callCli(["plan", "--manifests", folder, ...args]);

describe("C hawser plan", () => {
  it.each([
    { name: "all keep what they have", change: "pool-renamed", code: 0 },
    { name: "an address is orphaned", change: "pool-shrinks", code: 3 },
    { name: "an address is lost", change: "services", code: 3 },
    { name: "the configuration cannot be read", change: "broken-config", code: 1 },
    { name: "a file does not exist", change: "missing", code: 1 },
  ])("exits with $code where $name", async ({ change, code }) => {
    expect((await plan("-f", file(change))).code).toBe(code);
  });

  it("prints a row for each address that does not stay, and changes nothing", async () => {
    const { stdout } = await plan("-f", file("pool-shrinks"));
    expect(stdout).toMatch(/^orphaned +shop\/mail +192\.0\.2\.3 +192\.0\.2\.3, in no pool$/m);
    expect(await readFile(join(folder, "base.yaml"), "utf8")).toBe(await readFile(join(golden, "base.yaml"), "utf8"));
  });

  it("lays Namespaces over those that are there", async () => {
    const pool = `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
    - { name: lan, protocol: layer2, addresses: [192.0.2.1/32], namespace-selectors: [{ match-labels: { tier: gold } }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: gold }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }
`;
    await writeFile(join(folder, "base.yaml"), pool);
    const change = join(await mkdtemp(join(folder, ".change-")), "gold.yaml");
    await writeFile(change, "{ apiVersion: v1, kind: Namespace, metadata: { name: gold, labels: { tier: gold } } }");
    const { stdout } = await plan("-f", change);
    expect(stdout).toMatch(/^gains +gold\/web +- +192\.0\.2\.1$/m);
  });

  it("prints one object of JSON, for several files together", async () => {
    const { code, stdout } = await plan("-o", "json", "-f", file("pool-renamed"), file("services"));
    const { problems, ...changes } = JSON.parse(stdout) as { problems: readonly Record<string, string>[] };
    expect(changes).toEqual({
      keep: 1,
      gain: [{ service: "shop/inner", address: "192.0.2.1" }],
      lose: [{ service: "shop/mail", address: "192.0.2.3" }],
      move: [],
      orphan: [],
    });
    expect(problems.map((one) => `${one["code"]} ${one["where"]} ${one["file"]}`)).toEqual([
      `SERVICE_PENDING Service "shop/lost" ${file("services")}:17`,
      `SERVICE_PENDING Service "shop/web" ${file("services")}:2`,
    ]);
    expect(code).toBe(3);
  });

  it("says which file cannot be read, and what is wrong in one", async () => {
    const { stdout } = await plan("-o", "json", "-f", file("missing"), "-f", file("broken-config"));
    const { problems } = JSON.parse(stdout) as { problems: readonly Record<string, string>[] };
    expect(problems.map((one) => `${one["code"]} ${one["file"]}`)).toEqual([
      `MANIFEST_UNREADABLE ${file("missing")}`,
      `POOL_RANGE_REVERSED ${file("broken-config")}:10`,
    ]);
    expect(problems[0]?.["where"]).toBe(file("missing"));
  });

  it.each([
    { deletes: "Service/shop/mail", code: 3, row: /^loses +shop\/mail +192\.0\.2\.3/m },
    { deletes: "service/shop/inner", code: 0, row: /^2 Services keep/m },
    { deletes: "Service/shop/mail,Service/shop/web", code: 3, row: /2 lost/ },
  ])("foretells what comes of --delete $deletes, with and without files", async ({ deletes, code, row }) => {
    expect(await plan("--delete", deletes)).toMatchObject({ code, stdout: expect.stringMatching(row) as string });
    expect((await plan("-f", file("pool-renamed"), `--delete=${deletes}`)).stdout).toMatch(row);
  });

  it.each([
    { deletes: "Service/shop/none", code: 1, says: 'cannot find Service "shop/none" to delete' },
    { deletes: "IPAddressPool/edge", code: 1, says: 'cannot find IPAddressPool "metallb-system/edge" to delete' },
    { deletes: "Service/web", code: 2, says: "write its namespace" },
    { deletes: "Pod/shop/web", code: 2, says: 'no plan depends on a "Pod"' },
    { deletes: "Namespace/a/b", code: 2, says: "a Namespace is in no namespace" },
    { deletes: "web", code: 2, says: "it is not KIND/NAME" },
  ])("exits with $code where --delete $deletes cannot be foretold, and says why", async ({ deletes, code, says }) => {
    const result = await plan("--delete", deletes);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(says);
  });

  it.each(["-f=", "-f", "--filename="])("takes %sFILE", async (flag) => {
    const { stdout } = await plan(`${flag}${file("services")}`);
    expect(stdout).toMatch(/^gains +shop\/inner /m);
  });

  it("says what keeps the configuration of the folder from being used, with its place, and exits with 1", async () => {
    await writeFile(join(folder, "base.yaml"), await readFile(file("broken-config"), "utf8"));
    const { stdout, code } = await plan("-f", file("services"));
    expect(stdout).toContain(`${join(folder, "base.yaml")}:10  ConfigMap "hawser-system/hawser"`);
    expect(stdout).toContain("[POOL_RANGE_REVERSED]");
    expect(code).toBe(1);
    // What is to be applied takes its place.
    expect((await plan("-f", file("pool-renamed"))).stdout).not.toContain("[POOL_RANGE_REVERSED]");
  });

  it("says what keeps an applied pool from being used beside those that are there", async () => {
    const change = join(await mkdtemp(join(folder, ".change-")), "pool.yaml");
    const head =
      "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: { name: x, namespace: metallb-system }\n";
    await writeFile(change, `${head}spec:\n  addresses:\n    - 192.0.2.0/24\n`);
    const { stdout, code } = await plan("-o", "json", "-f", change);
    const { problems } = JSON.parse(stdout) as { problems: readonly Record<string, string>[] };
    expect(problems.map((one) => `${one["severity"]} ${one["code"]} ${one["file"]}`)).toEqual([
      `error POOL_RANGES_OVERLAP ${change}:6`,
    ]);
    expect(code).toBe(1);
  });

  it("takes the first of two objects of one name, as check does, and says so", async () => {
    const change = join(await mkdtemp(join(folder, ".change-")), "twice.yaml");
    const service = (address: string) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { type: LoadBalancer, loadBalancerIP: ${address}, ports: [{ port: 80 }] }\n`;
    await writeFile(change, `${service("192.0.2.1")}---\n${service("192.0.2.2")}`);
    const { stdout, code } = await plan("-o", "json", "-f", change);
    const { move, problems } = JSON.parse(stdout) as { move: unknown; problems: readonly Record<string, string>[] };
    expect(move).toEqual([{ service: "shop/web", from: "192.0.2.0", to: "192.0.2.1" }]);
    expect(problems).toEqual([
      expect.objectContaining({
        code: "MANIFEST_DUPLICATE",
        file: `${change}:6`,
        why: `${change}:1 has one of the same kind, namespace and name`,
      }),
    ]);
    // The harm is foretold all the same.
    expect(code).toBe(3);
  });

  it("warns of pools in a ConfigMap that is not read, where there is a configuration", async () => {
    const change = join(await mkdtemp(join(folder, ".change-")), "old.yaml");
    const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config, namespace: metallb-system }\n";
    await writeFile(change, `${head}data:\n  config: |\n    address-pools: []\n`);
    expect(await plan("-f", change)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("[CONFIG_MAP_NOT_READ]"),
    });
    await writeFile(join(folder, "base.yaml"), "");
    expect((await plan("-f", change)).code).toBe(1);
  });

  it("says that there is no configuration, and exits with 1", async () => {
    await writeFile(join(folder, "base.yaml"), "");
    const { stdout, code } = await plan("-f", file("services"));
    expect([code, stdout]).toEqual([1, expect.stringContaining("[CONFIG_MAP_MISSING]")]);
  });

  it.each([
    { name: "no file", args: [] },
    { name: "an unknown option", args: ["-f", "x.yaml", "--apply"] },
  ])("exits with 2 for $name", async ({ args }) => {
    const { code, stderr } = await plan(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining("See hawser plan --help")]);
  });

  it("exits with 1 where the folder does not exist", async () => {
    const { code, stderr } = await callCli(["plan", "--manifests", "/nowhere", "-f", file("services")]);
    expect([code, stderr]).toEqual([1, "hawser plan: cannot read /nowhere: it does not exist\n"]);
  });
});
