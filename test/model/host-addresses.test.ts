import { describe, expect, it } from "vitest";
import { parseIp } from "#src/ip/address.ts";
import { parseRange } from "#src/ip/range.ts";
import { findHostAddresses, hostAddressesOf } from "#src/model/host-addresses.ts";
import { readMemberRecord } from "#src/model/member-record.ts";
import type { Node } from "#src/model/node.ts";
import { PLAIN_POOL, type Pool } from "#src/model/pool.ts";

function ip(text: string) {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function poolOf(text: string): Pool {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(text);
  return { ...PLAIN_POOL, name: "lan", ranges: [parsed.range] };
}

const node = {
  name: "n1",
  internalAddresses: [ip("192.0.2.11")],
  externalAddresses: [ip("198.51.100.11")],
  labels: {},
  ready: true,
  networkUnavailable: false,
  excluded: false,
  draining: false,
  rebalanceUntilMs: undefined,
} satisfies Node;
const member = readMemberRecord({
  node: "n1",
  addresses: ["192.0.2.11"],
  gateways: ["192.0.2.1", "fe80::1"],
  interfaces: [{ name: "eth0", mac: "", subnets: ["192.0.2.0/24"], addresses: ["192.0.2.11", "192.0.2.12"] }],
});

describe("findHostAddresses()", () => {
  it("L1 L10 warns of each address in a pool that a Node, an interface or a default gateway has, once", () => {
    const hosts = hostAddressesOf([node], member === undefined ? [] : [member]);
    const problems = findHostAddresses([poolOf("192.0.2.0/24")], hosts);
    expect(problems.map(({ code, what, why, severity }) => `${severity} ${code}: ${what}: ${why}`)).toEqual([
      'warning POOL_HAS_NODE_ADDRESS: Never assigns 192.0.2.11: Node "n1" has it',
      'warning POOL_HAS_NODE_ADDRESS: Never assigns 192.0.2.12: interface "eth0" of node "n1" has it',
      'warning POOL_HAS_GATEWAY: Never assigns 192.0.2.1: the default gateway of node "n1" has it',
    ]);
  });

  it("L1 knows addresses that another program placed, also where the interface is named or not in use", () => {
    const record = readMemberRecord({
      node: "n1",
      addresses: ["192.0.2.11"],
      interfaces: [{ name: "eth0", mac: "", subnets: ["0.0.0.0/0", "::/0"], addresses: ["192.0.2.11", "192.0.2.200"] }],
      machineAddresses: [
        { address: "192.0.2.11/24", interface: "eth0" },
        { address: "192.0.2.200/32", interface: "eth0" },
        { address: "198.51.100.1/32", interface: "eth1" },
        { address: "nonsense", interface: "eth1" },
      ],
    });
    const hosts = hostAddressesOf([], record === undefined ? [] : [record]);
    expect([...hosts].map(([text, { owner, isPlaced }]) => `${text} ${owner} ${isPlaced === true}`)).toEqual([
      '192.0.2.11 interface "eth0" of node "n1" false',
      '192.0.2.200 interface "eth0" of node "n1" true',
      '198.51.100.1 interface "eth1" of node "n1" true',
    ]);
  });

  it("says nothing of pools without one", () => {
    expect(findHostAddresses([poolOf("192.0.2.200-192.0.2.210")], hostAddressesOf([node]))).toEqual([]);
  });
});
