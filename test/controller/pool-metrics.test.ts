import { afterEach, beforeEach, expect, it } from "vitest";
import { configObject, serviceObject, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** `size in_use free orphaned resting excluded`, as the metrics show a pool. */
async function counts(pool: string, family = "ipv4"): Promise<string> {
  const names = ["", "_in_use", "_free", "_orphaned", "_resting", "_excluded"];
  const values = names.map((name) => world.metric(`hawser_pool_addresses${name}{pool="${pool}",family="${family}"}`));
  return (await Promise.all(values)).join(" ");
}

function edge(...addresses: readonly string[]): ReturnType<typeof configObject> {
  const pool = { name: "edge", protocol: "layer2", addresses, "avoid-buggy-ips": true };
  return configObject(JSON.stringify({ "address-pools": [pool] }));
}

it("the metrics of a pool count its addresses by what becomes of them", async () => {
  world.source.put(edge("192.0.2.0/29", "2001:db8::/64"), serviceObject("a"), serviceObject("b", { createdMs: 2 }));
  await world.start();
  expect(await counts("edge")).toBe("7 2 5 0 0 1");
  expect(await counts("edge", "ipv6")).toBe(`${Number.MAX_SAFE_INTEGER} 0 ${Number.MAX_SAFE_INTEGER} 0 0 0`);
  await world.remove("b");
  expect(await counts("edge")).toBe("7 1 6 0 1 1");
  await world.put(edge("192.0.2.2/31", "2001:db8::/64"));
  expect([world.line("a"), await counts("edge")]).toEqual(["192.0.2.1 AddressOrphaned", "2 0 2 1 1 0"]);
  await world.put(configObject("address-pools: []"));
  expect(await world.metric('hawser_pool_addresses_orphaned{pool="",family="ipv4"}')).toBe("1");
});
