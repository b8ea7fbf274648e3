import { describe, expect, it } from "vitest";
import {
  client,
  MOST_NODES,
  nodeAddresses,
  outside,
  podAddresses,
  podNetworks,
  podSlice,
  podsPerNode,
  router,
} from "#lab/rack/host-addresses.ts";
import { parseIp } from "#src/ip/address.ts";
import { cidrContains, parseCidr } from "#src/ip/cidr.ts";

function inside(network: string, address: string): boolean {
  const cidr = parseCidr(network);
  const ip = parseIp(address);
  if (cidr === undefined || ip === undefined) throw new Error(`${network} or ${address} is no address`);
  return cidrContains(cidr, ip);
}

describe("the address plan", () => {
  it.each([1, 2, 3, 20, 50, MOST_NODES])("gives %i nodes and their pods addresses of their own", (nodes) => {
    const numbers = Array.from({ length: nodes }, (_, index) => index + 1);
    const pods = numbers.flatMap((number) =>
      Array.from({ length: podsPerNode(nodes) }, (_, index) => ({ number, ...podAddresses(number, index + 1, nodes) })),
    );
    const all = [router, client, outside.router, outside.remote, ...numbers.map(nodeAddresses), ...pods];
    const macs = [...all.map(({ mac }) => mac), ...pods.map(({ nodeMac }) => nodeMac)];
    expect(new Set(all.map(({ ipv4 }) => ipv4)).size).toBe(all.length);
    expect(new Set(all.map(({ ipv6 }) => ipv6)).size).toBe(all.length);
    expect(new Set(macs).size).toBe(macs.length);
    expect(macs.every((mac) => /^02(?::[0-9a-f]{2}){5}$/.test(mac))).toBe(true);
    for (const { number, ipv4, ipv6 } of pods) {
      expect(inside(podSlice(number, nodes).ipv4, ipv4) && inside(podNetworks.ipv4, ipv4)).toBe(true);
      expect(inside(podSlice(number, nodes).ipv6, ipv6) && inside(podNetworks.ipv6, ipv6)).toBe(true);
    }
  });

  it("names n1 as people write it", () => {
    expect(nodeAddresses(1)).toEqual({ ipv4: "192.0.2.11", ipv6: "2001:db8:0:1::11", mac: "02:00:00:00:01:01" });
  });
});
