import { describe, expect, it } from "vitest";
import { kubernetesVersion, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { chaptersOf, runDemo } from "#test/support/run-demo.ts";

const reason = whyNoCluster();

describe("hawser demo --kubernetes --json", () => {
  it.skipIf(reason !== undefined)(
    "tells the same story on a real cluster, and ends ok",
    { timeout: 600_000 },
    async () => {
      const { events, code } = await runDemo(["--kubernetes"]);
      expect(events.at(-1)).toMatchObject({ event: "done", ok: true, movedLost: 0 });
      expect(code).toBe(0);
      expect(chaptersOf(events)).toEqual([
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
        "drain",
        "conflict",
        "defended",
        "assigned",
        "exhausted",
        "picked-up",
        "explained",
        "ui",
        "said",
        "done",
      ]);
      expect(events[1]).toMatchObject({ version: kubernetesVersion() });
      expect(events.find(({ event }) => event === "exhausted")).toMatchObject({ reason: "PoolExhausted" });
    },
  );

  it("says what is missing, as the last event, where no cluster can be built", async () => {
    const env = { ...process.env, XDG_CACHE_HOME: "/nonexistent", PATH: "/nonexistent" };
    const { events, code } = await runDemo(["--kubernetes"], { env });
    expect(events).toEqual([
      { event: "done", ok: false, error: expect.stringMatching(/no Kubernetes can be had here: there is no Go 1\.24/) },
    ]);
    expect(code).toBe(1);
  });
});
