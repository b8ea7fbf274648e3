import { describe, expect, it } from "vitest";
import { LocalNetwork } from "#speaker/local-network.ts";
import { type Ip, parseIp } from "#src/ip/address.ts";
import type { Link } from "#src/linux/link-watcher.ts";
import { fakeLink } from "#test/support/fake-link-watcher.ts";

const ipOf = (text: string): Ip => parseIp(text) ?? expect.fail(text);

function linkWith(address: string, changes: Partial<Link> = {}): Link {
  const ip = ipOf(address);
  return fakeLink({ addresses: [{ ip, prefixLength: 32, scope: "global" }], ...changes });
}

describe("LocalNetwork", () => {
  it.each([
    { name: "an interface for clients", link: linkWith("192.0.2.1"), isForbidden: true },
    { name: "one that is down", link: linkWith("192.0.2.1", { up: false }), isForbidden: true },
    { name: "a bridge of pods", link: linkWith("192.0.2.1", { name: "cni0", kind: "bridge" }), isForbidden: true },
    { name: "loopback", link: linkWith("192.0.2.1", { name: "lo", loopback: true }), isForbidden: false },
    {
      name: "the interface of kube-proxy in IPVS mode",
      link: linkWith("192.0.2.1", { name: "kube-ipvs0", kind: "dummy", up: false }),
      isForbidden: false,
    },
    { name: "any dummy", link: linkWith("192.0.2.1", { name: "vips", kind: "dummy" }), isForbidden: false },
  ])("L1 an address on $name is forbidden: $isForbidden", ({ link, isForbidden }) => {
    const network = new LocalNetwork();
    network.setLinks(new Map([[link.index, link]]));
    expect(network.forbidden.get("192.0.2.1")).toBe(isForbidden ? "MemberAddress" : undefined);
    // J: whose kernel answers a ping, whatever the interface is for.
    expect(["192.0.2.1", "192.0.2.2"].map((text) => network.hasAddress(ipOf(text)))).toEqual([true, false]);
  });

  it("L1 forbids the default gateway", () => {
    const network = new LocalNetwork();
    const gateways = [parseIp("192.0.2.254") ?? expect.fail()];
    network.setRoutes({ gateways, interfaceOf: new Map() });
    expect(network.forbidden.get("192.0.2.254")).toBe("GatewayAddress");
    expect(network.gateways).toBe(gateways);
  });
});
