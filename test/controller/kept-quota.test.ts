// A namespace that creates and deletes Services of many names keeps no more addresses than its quota.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configObject, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const limited = (range: string, quota: number) =>
  configObject(
    `address-pools:\n- { name: a, protocol: layer2, addresses: [${range}], quota-per-namespace: ${quota}, rest-time: forever }\n`,
  );

describe("a pool with a quota that keeps addresses for ever", () => {
  it("D has addresses for other namespaces, however many Services one creates and deletes", async () => {
    world.source.put(limited("192.0.2.0/29", 2));
    await world.start();
    const got = new Set<string>();
    for (let at = 0; at < 20; at++) {
      await world.put(serviceObject(`s${at}`, { createdMs: at }));
      got.add(world.line(`s${at}`));
      await world.remove(`s${at}`);
      await world.advance(1_000);
    }
    expect([...got]).toEqual(["192.0.2.0 AddressAssigned", "192.0.2.1 AddressAssigned"]);
    const other = serviceObject("other");
    await world.put({ ...other, metadata: { ...other.metadata, namespace: "shop" } });
    expect(JSON.stringify(world.source.stored("Service", "shop/other"))).toContain("192.0.2.2");
  });

  it("D gives an address up where its quota is lowered, for a Service that waits", async () => {
    world.source.put(limited("192.0.2.0/31", 2), serviceObject("a"), serviceObject("b", { createdMs: 1 }));
    await world.start();
    await world.remove("a");
    await world.advance(1_000);
    await world.remove("b");
    const other = serviceObject("other", { createdMs: 2 });
    await world.put({ ...other, metadata: { ...other.metadata, namespace: "shop" } });
    const status = () => JSON.stringify(world.source.stored("Service", "shop/other")["status"]);
    expect(status()).toContain("keeps 2 for the Services that had them");
    await world.put(limited("192.0.2.0/31", 1));
    await world.advance(1_000);
    expect(status()).toContain('"ip":"192.0.2.0"');
    await world.put(serviceObject("b", { createdMs: 3 }));
    expect(world.line("b")).toBe("192.0.2.1 AddressAssigned");
  });

  it("D keeps nothing for a Service that could not be read and named addresses as external IPs", async () => {
    world.source.put(limited("192.0.2.0/31", 2));
    await world.start();
    await world.put(serviceObject("bad", { spec: { externalIPs: ["192.0.2.0"], ports: "none" } }));
    await world.remove("bad");
    await world.put(serviceObject("a"));
    expect(world.line("a")).toBe("192.0.2.0 AddressAssigned");
  });

  it("D lets a Service exchange its address with a full quota, and once more when the first has left", async () => {
    world.source.put(limited("192.0.2.0/29", 1), serviceObject("web"));
    await world.start();
    world.announce("192.0.2.0");
    await world.advance(500);
    const ask = (ip: string) => world.edit("web", { annotations: { "hawser.dev/load-balancer-ips": ip } });
    await ask("192.0.2.5");
    expect(world.line("web")).toBe("192.0.2.5 192.0.2.0 AddressAssigned");
    world.announce("192.0.2.0", "192.0.2.5");
    await ask("192.0.2.6");
    expect(world.line("web")).toBe("192.0.2.5 192.0.2.0 QuotaExceeded");
    await world.advance(500);
    await world.advance(2_000);
    expect(world.line("web")).toBe("192.0.2.6 192.0.2.5 AddressAssigned");
  });

  it("D has one address more of a Service that releases one, as long as no speaker answers for the new one, and no other", async () => {
    world.source.put(limited("192.0.2.0/29", 1), serviceObject("web"));
    await world.start();
    world.announce("192.0.2.0");
    await world.advance(500);
    const release = (ips: string) => world.edit("web", { annotations: { "hawser.dev/release-addresses": ips } });
    await release("192.0.2.0");
    await world.advance(600_000);
    expect(world.line("web")).toBe("192.0.2.1 192.0.2.0 AddressAssigned");
    // Neither another release nor another Service makes it more.
    await release("192.0.2.0,192.0.2.1");
    await world.put(serviceObject("other", { createdMs: 9 }));
    await world.advance(600_000);
    expect([world.line("web").split(" ").length - 1, world.line("other")]).toEqual([2, "QuotaExceeded"]);
    await release("192.0.2.0");
    world.announce("192.0.2.0", "192.0.2.1");
    await world.advance(500);
    await world.advance(2_000);
    expect([world.line("web"), world.line("other")]).toEqual(["192.0.2.1 AddressAssigned", "QuotaExceeded"]);
  });
});
