import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "#test/support/eventually.ts";

const main = new URL("../../controller/main.ts", import.meta.url).pathname;
const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: { name: hawser, namespace: hawser-system }
data:
  config: |
    address-pools:
    - { name: edge, protocol: layer2, addresses: ["192.0.2.0/24"] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-controller-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function start(...argv: string[]) {
  const child = spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: Record<string, unknown>[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  const port = () => vi.waitUntil(() => lines.find(({ msg }) => msg === "listening")?.["port"], eventually);
  return { child, lines, port };
}

describe("hawser controller", () => {
  it("assigns from a folder of manifests, is ready, tells figures, and ends well", async () => {
    writeFileSync(join(directory, "shop.yaml"), manifests);
    const { child, port } = start("--manifests", directory, "--admin-address", "127.0.0.1", "--admin-port", "0");
    try {
      const url = `http://127.0.0.1:${String(await port())}`;
      await vi.waitUntil(async () => (await fetch(`${url}/readyz`)).status === 200, eventually);
      const status = readFileSync(join(directory, ".hawser/status/Service/default/web.yaml"), "utf8");
      expect(status).toContain("ip: 192.0.2.0");
      expect(await (await fetch(`${url}/metrics`)).text()).toContain("hawser_controller_leader 1");
      // A speaker beside it.
      mkdirSync(join(directory, ".hawser/reports"), { recursive: true });
      const report = "{ node: n1, ready: true, announcing: [192.0.2.0] }\n";
      writeFileSync(join(directory, ".hawser/reports/speaker-n1.yaml"), report);
      const read = () => readFileSync(join(directory, ".hawser/status/Service/default/web.yaml"), "utf8");
      await vi.waitUntil(() => read().includes("reason: Announced\n"), eventually);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        'hawser_pool_addresses_in_use{pool="edge",family="ipv4"} 1',
      );
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is not ready while its folder is missing", async () => {
    const missing = join(directory, "later");
    const { child, port } = start("--manifests", missing, "--admin-address", "127.0.0.1", "--admin-port", "0");
    try {
      const answer = await fetch(`http://127.0.0.1:${String(await port())}/readyz`);
      expect([answer.status, await answer.text()]).toEqual([
        503,
        "[-] synced: not yet\n[-] applied: not yet\n[+] source\n",
      ]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("names the option that it does not know, and exits 2", async () => {
    const { child } = start("--manifest", directory);
    const text = child.stderr.setEncoding("utf8").toArray();
    expect(await once(child, "exit")).toEqual([2, null]);
    expect((await text).join("")).toContain("Did you mean --manifests?");
  });
});
