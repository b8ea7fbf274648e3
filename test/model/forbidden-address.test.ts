import { describe, expect, it } from "vitest";
import { whyForbidden } from "#src/model/forbidden-address.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { hostAddressesOf } from "#src/model/host-addresses.ts";
import { readMemberRecord } from "#src/model/member-record.ts";
import { parseNode } from "#src/model/node.ts";
import { object } from "./build.ts";

const nodes = [
  parseNode(
    object(`{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [
      { type: InternalIP, address: 192.0.2.11 }, { type: ExternalIP, address: 203.0.113.11 }, { type: Hostname, address: n1 } ] } }`),
  ).value,
];
const member = readMemberRecord({
  node: "n2",
  addresses: ["192.0.2.12"],
  interfaces: [{ name: "eth1", addresses: ["198.51.100.12", "2001:db8::12"] }],
  gateways: ["192.0.2.1", "192.0.2.11"],
});
const hosts = hostAddressesOf(nodes, member === undefined ? [] : [member]);

describe("whyForbidden()", () => {
  it.each([
    { ip: "192.0.2.11", reason: "NodeAddress", use: 'the address of Node "n1"' },
    { ip: "203.0.113.11", reason: "NodeAddress", use: 'the address of Node "n1"' },
    { ip: "192.0.2.12", reason: "MemberAddress", use: 'an address of node "n2"' },
    { ip: "198.51.100.12", reason: "MemberAddress", use: 'an address of interface "eth1" of node "n2"' },
    { ip: "2001:db8::12", reason: "MemberAddress", use: 'an address of interface "eth1" of node "n2"' },
    { ip: "192.0.2.1", reason: "GatewayAddress", use: 'the default gateway of node "n2"' },
    { ip: "127.0.0.1", reason: "ReservedAddress", use: "reserved (loopback)" },
    { ip: "::1", reason: "ReservedAddress", use: "reserved (loopback)" },
    { ip: "169.254.1.1", reason: "ReservedAddress", use: "reserved (link-local)" },
    { ip: "fe80::1", reason: "ReservedAddress", use: "reserved (link-local)" },
    { ip: "224.0.0.18", reason: "ReservedAddress", use: "reserved (multicast)" },
    { ip: "255.255.255.255", reason: "ReservedAddress", use: "reserved (broadcast)" },
    { ip: "0.0.0.0", reason: "ReservedAddress", use: "reserved (unspecified)" },
  ])("L1 $ip is never announced: $reason", ({ ip, reason, use }) => {
    expect(whyForbidden(parseIp(ip) ?? expect.fail(ip), hosts)).toEqual({ reason, use });
  });

  it.each(["192.0.2.200", "2001:db8::200", "203.0.113.77"])("lets %s be announced", (ip) => {
    expect(whyForbidden(parseIp(ip) ?? expect.fail(ip), hosts)).toBeUndefined();
  });

  it("names each address once", () => {
    expect([...hosts.keys()].sort()).toEqual(
      ["192.0.2.1", "192.0.2.11", "192.0.2.12", "198.51.100.12", "2001:db8::12", "203.0.113.11"].map((text) =>
        printIp(parseIp(text) ?? expect.fail(text)),
      ),
    );
  });
});
