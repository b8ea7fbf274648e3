import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundlePlugin, NEEDED_NODE } from "#scripts/plugin/bundle-plugin.ts";
import { version } from "#src/process/version.ts";
import { root } from "#test/docs/page.ts";
import { askPage } from "#test/support/page-server.ts";

describe("C npm run plugin", () => {
  let folder: string;
  let script: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hawser-plugin-"));
    script = await bundlePlugin(root);
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/kubectl-hawser"), script, { mode: 0o755 });
    symlinkSync(process.execPath, join(folder, "bin/node"));
    writeFileSync(
      join(folder, "service.yaml"),
      "{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: shop }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }",
    );
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(name: string, ...args: readonly string[]) {
    // With env alone of what is outside of the folder, which the first line of the script names.
    const env = { PATH: join(folder, "bin"), HOME: "/nowhere" };
    const { status, stdout, stderr } = spawnSync(join(folder, "bin", name), args, {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    return { code: status, stdout, stderr };
  }

  it("is one script that needs a Node and nothing beside it", () => {
    const { code, stdout, stderr } = run("kubectl-hawser", "status", "--manifests", folder);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("kubectl hawser explain shop/web says why");
    expect(run("kubectl-hawser", "version", "-o", "json").stdout).toContain(`"hawser":"${version}"`);
  });

  it("serves the page, whose files are in the script", async () => {
    const env = { PATH: join(folder, "bin"), HOME: "/nowhere" };
    const child = spawn(join(folder, "bin/kubectl-hawser"), ["ui", "--manifests", folder], { cwd: folder, env });
    const [said] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    const [url = ""] = /http:\S+/.exec(said) ?? [];
    const got = await Promise.all(
      ["", "web/main.ts", "web/preact.js"].map(async (path) => (await askPage(url + path)).status),
    );
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    expect([said.startsWith("kubectl hawser ui: "), got, code]).toEqual([true, [200, 200, 200], 0]);
  });

  it("has no program that runs in a pod, and no demo", () => {
    const { stdout } = run("kubectl-hawser", "--help");
    expect(stdout).toMatch(/^Usage: kubectl hawser COMMAND/);
    expect([...stdout.matchAll(/^ {2}(controller|speaker|ingress|demo) /gm)]).toEqual([]);
    expect(run("kubectl-hawser", "controller").stderr).toContain('kubectl hawser: unknown command "controller"');
    expect(run("kubectl-hawser", "__complete", "").stdout).not.toContain("controller");
  });

  it("under another name says that name's usage", () => {
    renameSync(join(folder, "bin/kubectl-hawser"), join(folder, "bin/hawser"));
    expect(run("hawser", "status", "--help").stdout).toMatch(/^Usage: hawser status/);
    renameSync(join(folder, "bin/hawser"), join(folder, "bin/kubectl-hawser"));
  });

  it("says so where Node is too old", () => {
    expect(script.split("\n")[0]).toBe("#!/usr/bin/env node");
    const old = script.replace("process.versions.node.split", '"20.1.0".split');
    writeFileSync(join(folder, "bin/old"), old, { mode: 0o755 });
    const { code, stderr } = run("old", "status");
    expect([code, stderr]).toEqual([1, expect.stringContaining(`is too old, ${NEEDED_NODE} is needed`)]);
  });
});
