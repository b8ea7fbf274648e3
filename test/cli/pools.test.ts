import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { printPools } from "#cli/print-pools.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import { viewPools } from "#src/view/view-pools.ts";
import { inputOfObjects } from "#test/support/input-of-objects.ts";
import { callCli } from "./run-cli.ts";

const config = (pools: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
${pools}`;
const edge = `    - { name: edge, protocol: layer2, addresses: [192.0.2.0/29, "2001:db8::/64"], avoid-buggy-ips: true }\n`;
const service = (name: string, pool: string, ip: string) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, annotations: { hawser.dev/ip-allocated-from-pool: ${pool} } }
spec: { type: LoadBalancer, selector: { app: a }, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ ip: ${ip} }] } }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-pools-"));
});
afterEach(async () => rm(folder, { recursive: true }));

async function pools(text: string, ...args: readonly string[]) {
  await writeFile(join(folder, "all.yaml"), text);
  return callCli(["pools", "--manifests", folder, ...args]);
}

describe("E hawser pools", () => {
  const used = [
    service("web", "edge", "192.0.2.1"),
    service("out", "edge", "198.51.100.1"),
    service("old", "former", "198.51.100.2"),
  ].join("");

  it("counts the addresses of each pool and family, and those of pools that no longer exist", async () => {
    const { code, stdout } = await pools(config(edge) + used);
    expect(
      stdout
        .split("\n")
        .slice(0, 5)
        .map((line) => line.split(/ +/).join(" ")),
    ).toEqual([
      "POOL FAMILY SIZE USED FREE ORPHANED RESTING EXCLUDED",
      "edge IPv4 7 1 6 1 0 1",
      "edge IPv6 18446744073709551616 0 18446744073709551616 0 0 0",
      "(gone) IPv4 0 0 0 1 0 0",
      "Orphaned addresses keep serving. hawser release --pool NAME exchanges those that were assigned from this pool.",
    ]);
    expect(code).toBe(0);
  });

  it("counts as hawser status does, also what keeps Services off, what they are to get, and excluded addresses", async () => {
    const others = `---
{ apiVersion: v1, kind: Service, metadata: { name: late, namespace: shop }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: in, namespace: shop }, spec: { externalIPs: [192.0.2.5], ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 192.0.2.6 }] } }
`;
    const { stdout } = await pools(config(edge) + used + others, "-o", "json");
    const { pools: counted } = JSON.parse(stdout) as { pools: readonly { pool: string; size: string; used: string }[] };
    const ofEdge = counted.filter(({ pool }) => pool === "edge");
    const status = await callCli(["status", "--manifests", folder, "-o", "json"]);
    const { pools: shown } = JSON.parse(status.stdout) as { pools: readonly { size: string; used: number }[] };
    expect(shown).toMatchObject([
      {
        size: String(ofEdge.reduce((sum, { size }) => sum + BigInt(size), 0n)),
        used: ofEdge.reduce((sum, one) => sum + Number(one.used), 0),
      },
    ]);
    expect(shown[0]?.used).toBe(4);
  });

  it("prints one object of JSON, with counts as texts", async () => {
    const { code, stdout } = await pools(config(edge) + used, "-o", "json");
    const view = JSON.parse(stdout) as { pools: readonly unknown[]; problems: readonly unknown[] };
    expect(view.pools[0]).toEqual({
      pool: "edge",
      family: "ipv4",
      size: "7",
      used: "1",
      free: "6",
      orphaned: "1",
      resting: "0",
      excluded: "1",
    });
    expect([view.pools.length, view.problems, code]).toEqual([3, [], 0]);
  });

  it("counts the free addresses that rest, by the history; those of a Service that is gone, and not those in use again", async () => {
    await writeFile(join(folder, "all.yaml"), config(edge.replace("avoid", "rest-time: forever, avoid")) + used);
    const source = openFolderSource({ directory: folder, log: createLogger({ component: "test", level: "silent" }) });
    await source.open([], { onChange: () => undefined, onProblems: () => undefined });
    const at = "2026-11-28T12:00:00.000Z";
    const holdings = ["192.0.2.1", "192.0.2.3", "192.0.2.4", "2001:db8::7"].flatMap((address) => [
      { at, change: "released", address, service: `shop/was-${address}` },
      { at, change: "assigned", address, service: `shop/was-${address}` },
    ]);
    await source.report("hawser-history", { holdings, announcements: [] }, { topic: "history" });
    await source.close();
    const { stdout } = await callCli(["pools", "--manifests", folder, "-o", "json"]);
    const { pools: counted } = JSON.parse(stdout) as { pools: readonly { resting: string; free: string }[] };
    expect(counted.map(({ free, resting }) => [free, resting])).toEqual([
      ["6", "2"],
      ["18446744073709551616", "1"],
      ["0", "0"],
    ]);
  });

  it("does not know what rests where the history cannot be read", () => {
    const { objects } = parseManifests(config(edge) + used, "f.yaml");
    const input = inputOfObjects(objects, { namespaces: [], slices: [] });
    const view = viewPools({ ...input, ingresses: [], history: undefined });
    expect(view.pools?.map(({ resting }) => resting)).toEqual([null, null, null]);
    expect(printPools(view)).toMatch(/^edge +IPv4 +7 +1 +6 +1 +\? +1$/m);
  });

  it("names the file and the line of a Problem", async () => {
    const { stdout } = await pools(
      config("    - { name: x, protocol: layer2, addresses: [192.0.2.9] }\n"),
      "-o",
      "json",
    );
    const { problems } = JSON.parse(stdout) as { problems: readonly unknown[] };
    expect(problems).toEqual([expect.objectContaining({ file: `${join(folder, "all.yaml")}:7` })]);
    expect((await pools(config("    - 5\n"))).stdout).toContain(`\n${join(folder, "all.yaml")}:7  ConfigMap `);
  });

  it.each([
    {
      name: "no pool is configured",
      text: config("").replace("pools:\n", "pools: []\n"),
      code: 0,
      says: /^No pool is configured\.$/m,
    },
    { name: "the configuration cannot be read", text: config("    - 5\n"), code: 1, says: /cannot be known/ },
    { name: "the ConfigMap is not there", text: used, code: 1, says: /CONFIG_MAP_MISSING/ },
    {
      name: "the ConfigMap is where MetalLB had it",
      text: config(edge).replace("name: hawser, namespace: hawser-system", "name: config, namespace: metallb-system"),
      code: 1,
      says: /all\.yaml:3  ConfigMap "metallb-system\/config" .*--config-map metallb-system\/config.*\[CONFIG_MAP_NOT_READ\]$/m,
    },
    {
      name: "that of MetalLB is there beside the one that is read",
      text: `${config(edge)}---\n${config(edge).replace("name: hawser, namespace: hawser-system", "name: config, namespace: metallb-system")}`,
      code: 0,
      says: /\[CONFIG_MAP_NOT_READ\]$/m,
    },
  ])("exits with $code where $name", async ({ text, code, says }) => {
    const result = await pools(text);
    expect([result.code, result.stdout]).toEqual([code, expect.stringMatching(says)]);
  });

  it("exits with 1 where the folder does not exist, and with 2 for wrong options", async () => {
    expect((await callCli(["pools", "--manifests", "/nowhere"])).code).toBe(1);
    expect((await callCli(["pools", "--manifests", folder, "--all"])).code).toBe(2);
  });
});
