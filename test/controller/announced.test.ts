import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTime } from "./manual-time.ts";
import { nodeObject, pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const GRACE_MS = 30_000;
/** Reports that come within this time are one piece of work. */
const REPORTS_MS = 500;

async function assigned(spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
  world.source.put(pools("192.0.2.0/30"), serviceObject("web", { spec }));
  await world.start();
}

async function hear(): Promise<void> {
  await world.advance(REPORTS_MS);
}

describe("the condition hawser.dev/Announced", () => {
  it("costs one write more in the life of a Service, and no Event", async () => {
    await assigned();
    expect([world.announced("web"), world.writes("web")]).toEqual(["Unknown AnnouncementPending", 1]);
    world.announce("192.0.2.0");
    await hear();
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 2]);
    await world.advance(10 * GRACE_MS);
    expect([world.writes("web"), world.events("web")]).toEqual([2, ["Normal AddressAssigned"]]);
  });

  it("is not written again when another speaker takes over", async () => {
    await assigned();
    world.announce("192.0.2.0");
    await hear();
    world.announce();
    await world.advance(GRACE_MS - REPORTS_MS - 1);
    world.source.says("speaker-n2", { node: "n2", ready: true, announcing: [{ ip: "192.0.2.0", term: 2 }] });
    await hear();
    await world.advance(10 * GRACE_MS);
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 2]);
  });

  it("is written with the address where it is announced before", async () => {
    world.announce("192.0.2.0");
    await assigned();
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
  });

  it.each([
    { name: "no speaker runs", reports: [], spec: {}, reason: "NoSpeaker", fix: "DaemonSet hawser-speaker" },
    {
      name: "no speaker is ready",
      reports: [{ node: "n1", ready: false, announcing: [] }],
      spec: {},
      reason: "NoReadySpeaker",
      fix: "/readyz",
    },
    {
      name: "no speaker answers, and none reports why",
      reports: [{ node: "n1", ready: true, announcing: ["192.0.2.9"] }],
      spec: {},
      reason: "NoEligibleNode",
      fix: "hawser status",
    },
  ])("says, after a while and with one Event, that $name", async ({ reports, spec, reason, fix }) => {
    for (const report of reports) world.source.says(`speaker-${report.node}`, report);
    await assigned(spec);
    await hear();
    await world.advance(GRACE_MS - REPORTS_MS - 1);
    expect(world.announced("web")).toBe("Unknown AnnouncementPending");
    await world.advance(1);
    await world.advance(10 * GRACE_MS);
    expect([world.announced("web"), world.writes("web")]).toEqual([`False ${reason}`, 2]);
    expect(world.events("web")).toEqual(["Normal AddressAssigned", `Warning ${reason}`]);
    expect(world.source.events.at(-1)?.message).toMatch(/^192\.0\.2\.0: /);
    expect(world.source.events.at(-1)?.message).toContain(fix);
    world.announce("192.0.2.0");
    await hear();
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 3]);
  });

  it("is told wherever in a round the grace ends: timers wake early, and rounds take time", async () => {
    const late: number[] = [];
    for (let tickMs = 0.02; tickMs < 0.5; tickMs += 0.02) {
      await world.stop();
      world = new World(undefined, new ManualTime({ tickMs, earlyMs: 1 }));
      await assigned();
      await world.advance(GRACE_MS - 0.8);
      await world.advance(0);
      for (let round = 0; round < 50; round += 1) await world.advance(0.1);
      if (world.announced("web") !== "False NoSpeaker") late.push(tickMs);
    }
    expect(late).toEqual([]);
  });

  it("does not keep the controller busy where its grace ends while a write waits", async () => {
    await assigned();
    await world.advance(GRACE_MS - 100);
    // Somebody takes our conditions away, and the API server refuses the write: the next attempt is 200 ms later.
    world.source.faults.set("default/web", ["refused"]);
    await world.overwrite("web", { conditions: [] });
    const before = world.applied;
    for (let ms = 0; ms < 150; ms += 1) await world.advance(1);
    expect(world.applied - before).toBeLessThanOrEqual(5);
    expect(world.announced("web")).toBe("-");
    await world.advance(100);
    expect(world.announced("web")).toBe("False NoSpeaker");
  });

  it("needs an answer for each address of the Service", async () => {
    world.source.put(pools("192.0.2.0/30", "2001:db8::/120"));
    world.source.put(serviceObject("web", { spec: { ipFamilies: ["IPv4", "IPv6"] } }));
    world.announce("192.0.2.0");
    await world.start();
    expect(world.announced("web")).toBe("Unknown AnnouncementPending");
    await world.advance(GRACE_MS);
    expect(world.announced("web")).toBe("False NoEligibleNode");
    world.announce("192.0.2.0", "2001:DB8:0:0::0");
    await hear();
    expect(world.announced("web")).toBe("True Announced");
  });

  it("waits anew when the address is another one, in the write of the address", async () => {
    world.announce("192.0.2.0");
    await assigned();
    await world.edit("web", { annotations: { "hawser.dev/load-balancer-ips": "192.0.2.3" } });
    expect([world.announced("web"), world.writes("web")]).toEqual(["Unknown AnnouncementPending", 2]);
    world.announce("192.0.2.3");
    await hear();
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 3]);
  });

  it("goes with the address", async () => {
    world.announce("192.0.2.0");
    await assigned();
    await world.edit("web", { spec: { type: "ClusterIP" } });
    expect([world.announced("web"), world.writes("web")]).toEqual(["-", 2]);
  });

  it("is not judged by a report that lost its end", async () => {
    world.source.says("speaker-n1", { node: "n1", ready: true, announcing: [], shortened: true });
    await assigned();
    await world.advance(10 * GRACE_MS);
    expect([world.announced("web"), world.writes("web")]).toEqual(["Unknown AnnouncementPending", 1]);
  });

  it("is the same after a restart: nothing is written while nobody has spoken", async () => {
    world.announce("192.0.2.0");
    await assigned();
    await world.stop();
    world.source.says("speaker-n1", undefined);
    world = new World(world.source);
    await world.start();
    await world.advance(GRACE_MS - 1);
    world.announce("192.0.2.0");
    await hear();
    await world.advance(10 * GRACE_MS);
    expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
  });

  it("does not believe the last report of a speaker that the others hear no more", async () => {
    const members = (...nodes: readonly string[]) => nodes.map((node) => ({ node, ready: true }));
    const report = { ready: true, announcing: [] };
    world.source.says("speaker-n1", { ...report, node: "n1", announcing: ["192.0.2.0"], members: members("n1", "n2") });
    world.source.says("speaker-n2", { ...report, node: "n2", members: members("n1", "n2") });
    await assigned();
    expect(world.announced("web")).toBe("True Announced");
    // One that is not ready has not heard all of them yet.
    world.source.says("speaker-n2", { ...report, ready: false, node: "n2", members: members("n2") });
    await hear();
    await world.advance(2 * GRACE_MS);
    expect(world.announced("web")).toBe("True Announced");
    world.source.says("speaker-n2", { ...report, node: "n2", members: members("n2") });
    await hear();
    await world.advance(GRACE_MS);
    expect(world.announced("web")).toBe("False NoEligibleNode");
  });

  describe("where Nodes are not Ready", () => {
    const nodes = ["n1", "n2"];
    const members = nodes.map((node) => ({ node, ready: true, leaving: false }));
    /** Both speakers hear each other, and n1 answers for the address. */
    const say = (node: string, standing = "Usable"): void => {
      const announcing = node === "n1" ? ["192.0.2.0"] : [];
      world.source.says(`speaker-${node}`, { node, ready: true, standing, announcing, members });
    };
    beforeEach(async () => {
      for (const node of nodes) {
        world.source.put(nodeObject(node));
        say(node);
      }
      await assigned();
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
    });

    it("says, after a while, that all speakers died at once with their nodes, and once when they are back", async () => {
      await world.put(...nodes.map((node) => nodeObject(node, "Unknown")));
      await world.advance(GRACE_MS - 1);
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
      await world.advance(1);
      expect([world.announced("web"), world.writes("web")]).toEqual(["False NoSpeaker", 2]);
      expect(world.events("web")).toEqual(["Normal AddressAssigned", "Warning NoSpeaker"]);
      await world.advance(10 * GRACE_MS);
      await world.put(...nodes.map((node) => nodeObject(node)));
      await world.advance(10 * GRACE_MS);
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 3]);
    });

    it("says the same where the Nodes are gone and others are there", async () => {
      for (const node of nodes) world.source.remove("Node", node);
      await world.put(nodeObject("n3"));
      await world.advance(GRACE_MS);
      expect([world.announced("web"), world.writes("web")]).toEqual(["False NoSpeaker", 2]);
    });

    it("writes nothing where they are Ready again in time, as after an outage of the API server", async () => {
      for (let outage = 0; outage < 5; outage += 1) {
        await world.put(...nodes.map((node) => nodeObject(node, "Unknown")));
        await world.advance(GRACE_MS - 1);
        await world.put(...nodes.map((node) => nodeObject(node)));
        await world.advance(GRACE_MS);
      }
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
    });

    it("writes nothing where the speakers know of it: only kubelets died", async () => {
      await world.put(...nodes.map((node) => nodeObject(node, "Unknown")));
      for (const node of nodes) say(node, "NodeNotReady");
      await world.advance(10 * GRACE_MS);
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
    });

    it("writes nothing where one of them is cut off from the API server, and another speaker hears it", async () => {
      await world.put(nodeObject("n1", "Unknown"));
      await world.advance(10 * GRACE_MS);
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
    });

    it("writes nothing where one dies and the other takes over", async () => {
      const alone = { node: "n2", ready: true, standing: "Usable", announcing: ["192.0.2.0"], members: [members[1]] };
      world.source.says("speaker-n2", alone);
      await hear();
      await world.advance(GRACE_MS);
      await world.put(nodeObject("n1", "Unknown"));
      await world.advance(10 * GRACE_MS);
      expect([world.announced("web"), world.writes("web")]).toEqual(["True Announced", 1]);
    });
  });

  it("reads addresses as speakers write them, many in one text", async () => {
    world.source.put(pools("192.0.2.0/30"), ...["a", "b", "c"].map((name) => serviceObject(name)));
    await world.start();
    world.announce("192.0.2.0-1");
    await hear();
    expect(["a", "b", "c"].map((name) => world.announced(name))).toEqual([
      "True Announced",
      "True Announced",
      "Unknown AnnouncementPending",
    ]);
  });

  it("of a thousand Services lets a new one in between", async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `s${n}`);
    world.source.put(pools("192.0.0.0/16"), ...names.map((name) => serviceObject(name)));
    await world.start();
    const ips = names.map((name) => world.line(name).split(" ")[0] ?? "");
    let isPut = false;
    world.source.onPatch = () => {
      if (isPut) return;
      isPut = true;
      world.source.put(serviceObject("new", { createdMs: 9 }));
    };
    world.announce(...ips);
    await hear();
    const place = world.source.patched.indexOf("default/new");
    expect(place).toBeGreaterThan(0);
    expect(place - 1_000).toBeLessThanOrEqual(64 + 16);
    expect(names.filter((name) => world.announced(name) !== "True Announced")).toEqual([]);
    expect(world.source.patched).toHaveLength(2_001);
  });
});
