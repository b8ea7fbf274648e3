import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kubernetesVersion, whyNoCluster } from "#lab/cluster-build.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const reason = whyNoCluster();

interface Told {
  readonly event: string;
  readonly [name: string]: unknown;
}

async function runDemo(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [CLI, "demo", "--json", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  const exited = once(child, "exit");
  const events: Told[] = [];
  for await (const line of createInterface(child.stdout)) events.push(JSON.parse(line) as Told);
  await exited;
  return { events, code: child.exitCode };
}

describe("hawser demo --kubernetes --json", () => {
  it.skipIf(reason !== undefined)(
    "tells the same story on a real cluster, and ends ok",
    { timeout: 600_000 },
    async () => {
      const { events, code } = await runDemo(["--kubernetes"]);
      const names = events.map(({ event }) => event);
      expect(events.at(-1)).toMatchObject({ event: "done", ok: true, movedLost: 0 });
      expect(code).toBe(0);
      expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
        "rack",
        "cluster",
        "refused",
        "started",
        "assigned",
        "arp",
        "page",
        "crash",
        "returned",
        "move",
        "assigned",
        "exhausted",
        "picked-up",
        "done",
      ]);
      expect(events[1]).toMatchObject({ version: kubernetesVersion() });
      expect(events.find(({ event }) => event === "exhausted")).toMatchObject({ reason: "PoolExhausted" });
    },
  );

  it("says what is missing, as the last event, where no cluster can be built", async () => {
    const env = { ...process.env, XDG_CACHE_HOME: "/nonexistent", PATH: "/nonexistent" };
    const { events, code } = await runDemo(["--kubernetes"], env);
    expect(events).toEqual([
      { event: "done", ok: false, error: expect.stringMatching(/no Kubernetes can be had here: there is no Go 1\.24/) },
    ]);
    expect(code).toBe(1);
  });
});
