import { describe, expect, it } from "vitest";
import { encodePcapng } from "#src/wire/pcapng.ts";
import { hex } from "./hex.ts";

const arp = hex("ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c8");

describe("encodePcapng()", () => {
  it("J writes a section, its interfaces and its packets, block by block as the draft has them", () => {
    const bytes = encodePcapng({
      program: "hawser",
      interfaces: [
        { name: "n1/eth0", description: "node n1", mac: hex("02005e100001"), comment: "" },
        { name: "n2/lan", description: "node n2", mac: undefined, comment: "cut" },
      ],
      packets: [
        { interfaceIndex: 1, atNs: 0x187c_b5d3_0102_0304n, isSent: false, bytes: arp },
        { interfaceIndex: 0, atNs: 0x187c_b5d3_0102_0305n, isSent: true, bytes: arp.subarray(0, 40) },
      ],
    });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      Buffer.from(
        hex(`
          0a0d0d0a 0000002c 1a2b3c4d 0001 0000 ffffffffffffffff
            0004 0006 686177736572 0000
            0000 0000
          0000002c

          00000001 00000044 0001 0000 00000000
            0002 0007 6e312f65746830 00
            0003 0007 6e6f6465206e31 00
            0006 0006 02005e100001 0000
            0009 0001 09 000000
            0000 0000
          00000044

          00000001 00000040 0001 0000 00000000
            0001 0003 637574 00
            0002 0006 6e322f6c616e 0000
            0003 0007 6e6f6465206e32 00
            0009 0001 09 000000
            0000 0000
          00000040

          00000006 00000058 00000001 187cb5d3 01020304 0000002a 0000002a
            ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c00002c8 0000
            0002 0004 00000001
            0000 0000
          00000058

          00000006 00000054 00000000 187cb5d3 01020305 00000028 00000028
            ffffffffffff 02420a000001 0806 0001 0800 06 04 0001 02420a000001 c0000201 000000000000 c000
            0002 0004 00000002
            0000 0000
          00000054
        `),
      ).toString("hex"),
    );
  });

  it("J cuts a text that an option has no room for: the file stays readable", () => {
    const one = { name: "x".repeat(70_000), description: "", mac: undefined, comment: "" };
    const bytes = encodePcapng({ program: "", interfaces: [one], packets: [] });
    const view = new DataView(bytes.buffer);
    let at = 0;
    const types = [];
    for (; at < bytes.length; at += view.getUint32(at + 4)) {
      types.push(view.getUint32(at));
      expect(view.getUint32(at + view.getUint32(at + 4) - 4)).toBe(view.getUint32(at + 4));
    }
    expect([at, types]).toEqual([bytes.length, [0x0a0d_0d0a, 1]]);
  });
});
