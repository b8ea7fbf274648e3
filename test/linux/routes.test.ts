import { describe, expect, it } from "vitest";
import { parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import { NO_ROUTES, routesOf } from "#src/linux/routes.ts";
import type { RouteMessage } from "#src/wire/route-message.ts";

/** `192.0.2.0/24 dev 2 metric 100 table 254`, or `... via 192.0.2.1`. */
function route(text: string): RouteMessage {
  const [destination = "", ...words] = text.split(" ");
  const options = new Map(words.map((word, index) => [word, words[index + 1]]));
  return {
    destination: parseCidr(destination) ?? expect.fail(destination),
    table: Number(options.get("table") ?? 254),
    metric: Number(options.get("metric") ?? 0),
    hops: [{ gateway: parseIp(options.get("via") ?? ""), interfaceIndex: Number(options.get("dev") ?? 2) }],
  };
}

describe("routesOf()", () => {
  it.each([
    {
      name: "of both families, each once",
      routes: ["0.0.0.0/0 via 192.0.2.1", "0.0.0.0/0 via 192.0.2.1 dev 3 metric 9", "::/0 via 2001:db8::1"],
      gateways: ["192.0.2.1", "2001:db8::1"],
    },
    { name: "of other tables, too", routes: ["0.0.0.0/0 via 192.0.2.2 table 100"], gateways: ["192.0.2.2"] },
    { name: "none where the route is on the link", routes: ["0.0.0.0/0 dev 5"], gateways: [] },
    { name: "no next hop of another route", routes: ["10.0.0.0/8 via 192.0.2.9"], gateways: [] },
  ])("finds gateways: $name", ({ routes, gateways }) => {
    expect(routesOf(routes.map(route), NO_ROUTES).gateways.map(printIp)).toEqual(gateways);
  });

  it.each([
    { name: "the lower metric", routes: ["192.0.2.0/24 dev 2 metric 101", "192.0.2.0/24 dev 3 metric 100"], dev: 3 },
    { name: "of equal metrics the first", routes: ["192.0.2.0/24 dev 2", "192.0.2.0/24 dev 3"], dev: 2 },
    { name: "the main table alone", routes: ["192.0.2.0/24 dev 3 table 7", "192.0.2.0/24 dev 2 metric 9"], dev: 2 },
    {
      name: "no route through a gateway",
      routes: ["192.0.2.0/24 via 198.51.100.1 dev 9", "192.0.2.0/24 dev 2 metric 9"],
      dev: 2,
    },
    { name: "no route to one machine", routes: ["192.0.2.0/32 dev 2"], dev: undefined },
  ])("finds the interface of a network by $name", ({ routes, dev }) => {
    const { interfaceOf } = routesOf(routes.map(route), NO_ROUTES);
    expect([...interfaceOf.values()][0]).toBe(dev);
  });

  it("gives back what it had before where nothing changed", () => {
    const before = routesOf([route("0.0.0.0/0 via 192.0.2.1"), route("192.0.2.0/24 dev 2")], NO_ROUTES);
    expect(routesOf([route("192.0.2.0/24 dev 2"), route("0.0.0.0/0 via 192.0.2.1")], before)).toBe(before);
    expect(routesOf([route("192.0.2.0/24 dev 2")], before)).not.toBe(before);
  });
});
