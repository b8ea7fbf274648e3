// An address in use whose pool vanished: it goes on being served, is shown as orphaned, and moves only when that is asked for (10 C).
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, pools, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = new World();
  world.source.put(pools("192.0.2.0/30"), serviceObject("web"));
  await world.start();
  world.announce("192.0.2.0");
  await world.advance(500);
  await world.put(pools("198.51.100.0/30"));
});
afterEach(() => world.stop());

const ORPHANED = "192.0.2.0 AddressOrphaned";

describe("an orphaned address", () => {
  it("is in the condition, which stays True, in a warning Event, in the log and in the metrics", async () => {
    const condition = world.object("web").status?.conditions?.find(({ type }) => type === "hawser.dev/AddressAssigned");
    expect(condition).toMatchObject({ status: "True", reason: "AddressOrphaned" });
    expect(condition?.["message"]).toContain("192.0.2.0: no pool contains it any longer. It keeps serving.");
    expect([world.announced("web"), world.events("web").at(-1)]).toEqual(["True Announced", "Warning AddressOrphaned"]);
    expect(world.lines.some(({ code, reason }) => code === "SERVICE_PENDING" && reason === "AddressOrphaned")).toBe(
      true,
    );
    expect(await world.metric('hawser_pool_addresses_orphaned{pool="p0",family="ipv4"}')).toBe("1");
  });

  it.each<{ name: string; happens: () => Promise<unknown> }>([
    { name: "its ports change", happens: async () => world.edit("web", { spec: { ports: [{ port: 443 }] } }) },
    {
      name: "its labels and selector change",
      happens: async () => world.edit("web", { spec: { selector: { app: "x" } } }),
    },
    {
      name: "its traffic policy changes",
      happens: async () => world.edit("web", { spec: { externalTrafficPolicy: "Local" } }),
    },
    {
      name: "it gets a sharing key",
      happens: async () => world.edit("web", { annotations: { "hawser.dev/sharing-key": "k" } }),
    },
    {
      name: "it asks for this address",
      happens: async () => world.edit("web", { spec: { loadBalancerIP: "192.0.2.0" } }),
    },
    { name: "the pools change again", happens: async () => world.put(pools("203.0.113.0/24")) },
    { name: "there is no pool", happens: async () => world.put(configObject("address-pools: []\n")) },
    {
      name: "another Service asks for it",
      happens: async () =>
        world.put(serviceObject("asks", { annotations: { "hawser.dev/load-balancer-ips": "192.0.2.0" } })),
    },
    { name: "its speaker goes", happens: async () => world.source.says("speaker-n1", undefined) },
    { name: "its status is emptied", happens: async () => world.overwrite("web", { loadBalancer: {} }) },
    { name: "all annotations are replaced", happens: async () => world.put(withoutAnnotations()) },
    { name: "time passes", happens: async () => world.advance(3_600_000) },
  ])("stays where it is: $name", async ({ happens }) => {
    await happens();
    expect(world.line("web")).toBe(ORPHANED);
    await world.stop();
    world = await new World(world.source, world.time).start();
    await world.advance(3_600_000);
    expect(world.line("web")).toBe(ORPHANED);
    expect(world.object("web").metadata.annotations["hawser.dev/assigned-addresses"]).toBe("192.0.2.0");
  });

  it("is no longer orphaned when a pool contains it again", async () => {
    await world.put(pools("198.51.100.0/30", "192.0.2.0/24"));
    expect(world.line("web")).toBe("192.0.2.0 AddressAssigned");
  });
});

function withoutAnnotations() {
  const object = world.object("web");
  return { ...object, metadata: { ...object.metadata, annotations: {} } };
}
