import { describe, expect, it } from "vitest";
import { type Ip, parseIp } from "#src/ip/address.ts";
import { keepRules } from "#src/wire/keep-rules.ts";
import { decodeAttributes, decodeNetlinkMessages } from "#src/wire/netlink.ts";
import { pingRule } from "#src/wire/ping-rule.ts";
import {
  addAddressMap,
  addMapEntry,
  addSetEntry,
  addTable,
  deleteMapEntry,
  encodeNfBatch,
} from "#src/wire/nf-batch.ts";

function ipOf(text: string): Ip {
  return parseIp(text) ?? expect.fail(text);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const map = { family: "ipv4", table: "hawser", name: "former" } as const;

describe("encodeNfBatch()", () => {
  it("13 D puts messages between a begin and an end, with sequence numbers for the answers", () => {
    const messages = decodeNetlinkMessages(encodeNfBatch([addTable("ipv4", "hawser"), addAddressMap(map, 9)], 7));
    expect(messages.map(({ type, flags, sequence }) => ({ type, flags, sequence }))).toEqual([
      { type: 16, flags: 0x1, sequence: 7 },
      { type: 0xa00, flags: 0x405, sequence: 7 },
      { type: 0xa09, flags: 0x405, sequence: 8 },
      { type: 17, flags: 0x1, sequence: 7 },
    ]);
    // nfgenmsg: family, version, subsystem nftables in network order.
    expect(messages.map(({ payload }) => hexOf(payload.subarray(0, 4)))).toEqual([
      "0000000a",
      "02000000",
      "02000000",
      "0000000a",
    ]);
  });

  it("13 D writes an entry as the kernel reads it: key, value, time in milliseconds", () => {
    const entry = { key: ipOf("192.0.2.200"), value: ipOf("192.0.2.11"), timeoutMs: 3_600_000 };
    const { payload } = addMapEntry(map, entry);
    const attributes = decodeAttributes(payload.subarray(4));
    expect(Buffer.from(attributes.get(1) ?? []).toString()).toBe("hawser\0");
    expect(Buffer.from(attributes.get(2) ?? []).toString()).toBe("former\0");
    const element = decodeAttributes(decodeAttributes(attributes.get(3) ?? expect.fail()).get(1) ?? expect.fail());
    expect(hexOf(element.get(1) ?? expect.fail())).toBe("08000100c00002c8");
    expect(hexOf(element.get(2) ?? expect.fail())).toBe("08000100c000020b");
    expect(hexOf(element.get(4) ?? expect.fail())).toBe("000000000036ee80");
    const gone = decodeAttributes(deleteMapEntry(map, entry.key).payload.subarray(4));
    const key = decodeAttributes(decodeAttributes(gone.get(3) ?? expect.fail()).get(1) ?? expect.fail());
    expect([...key.keys()]).toEqual([1]);
  });

  it("13 D writes the rules of each family with names and lengths that fit", () => {
    for (const family of ["ipv4", "ipv6"] as const) {
      const names = keepRules(family, "former").map((rule) =>
        rule.map((expression) => {
          const [inside = expect.fail()] = decodeAttributes(expression).values();
          return Buffer.from(decodeAttributes(inside).get(1) ?? [])
            .toString()
            .replace("\0", "");
        }),
      );
      expect(names).toEqual([
        ["payload", "lookup", "immediate"],
        ["meta", "cmp", "immediate"],
        ["ct", "bitwise", "cmp", "immediate"],
        ["payload", "bitwise", "cmp", "immediate"],
        ["payload", "cmp", "payload", "bitwise", "payload"],
        ["payload", "cmp", "payload", "lookup", "dup", "immediate"],
      ]);
    }
  });

  it("J writes the rule against forwarding with names that fit, and an address of its set without a value", () => {
    for (const family of ["ipv4", "ipv6"] as const) {
      const names = pingRule(family, "answered").map((expression) => {
        const [inside = expect.fail()] = decodeAttributes(expression).values();
        return Buffer.from(decodeAttributes(inside).get(1) ?? [])
          .toString()
          .replace("\0", "");
      });
      expect(names).toEqual(["payload", "lookup", "meta", "cmp", "payload", "cmp", "fib", "cmp", "immediate"]);
    }
    const attributes = decodeAttributes(addSetEntry(map, ipOf("192.0.2.200")).payload.subarray(4));
    const element = decodeAttributes(decodeAttributes(attributes.get(3) ?? expect.fail()).get(1) ?? expect.fail());
    expect([...element].map(([type, value]) => [type, hexOf(value)])).toEqual([[1, "08000100c00002c8"]]);
  });
});
