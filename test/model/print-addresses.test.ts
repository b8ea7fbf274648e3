import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { announcedAddresses, printAddresses } from "#src/model/print-addresses.ts";

function ips(...texts: string[]): Ip[] {
  return texts.map((text) => parseIp(text) ?? expect.fail(text));
}

describe("printAddresses()", () => {
  it.each([
    { name: "nothing", from: [], texts: [] },
    { name: "one address as it is", from: ["192.0.2.7"], texts: ["192.0.2.7"] },
    {
      name: "runs and single ones of one /24",
      from: ["192.0.2.9", "192.0.2.1", "192.0.2.2"],
      texts: ["192.0.2.1-2,9"],
    },
    { name: "each /24 by itself", from: ["192.0.2.255", "192.0.3.0"], texts: ["192.0.2.255", "192.0.3.0"] },
    {
      name: "IPv6 by the last group",
      from: ["2001:db8::1", "2001:db8::2", "2001:db8::ff"],
      texts: ["2001:db8::1-2,ff"],
    },
    { name: "an address that ends in zeros", from: ["2001:db8::", "2001:db8::a"], texts: ["2001:db8::,a"] },
    { name: "an address once", from: ["192.0.2.1", "192.0.2.1"], texts: ["192.0.2.1"] },
  ])("prints $name", ({ from, texts }) => {
    expect(printAddresses(ips(...from))).toEqual(texts);
  });

  it("keeps 10,000 addresses, every second one of a network, below 60 KB", () => {
    const every = Array.from(
      { length: 10_000 },
      (_, index) => ({ family: "ipv4", value: 0x0a00_0000n + 2n * BigInt(index) }) as const,
    );
    expect(JSON.stringify(printAddresses(every)).length).toBeLessThan(60_000);
  });
});

describe("announcedAddresses()", () => {
  const anyIp = fc.oneof(
    fc.record({ family: fc.constant("ipv4" as const), value: fc.bigInt({ min: 0xc000_0200n, max: 0xc000_05ffn }) }),
    fc.record({
      family: fc.constant("ipv6" as const),
      value: fc.bigInt({ min: 0x2001_0db8n << 96n, max: (0x2001_0db8n << 96n) + 0x3_ffffn }),
    }),
  );

  it("reads what printAddresses() prints", () => {
    fc.assert(
      fc.property(fc.array(anyIp, { maxLength: 200 }), (some) => {
        const announcing = printAddresses(some);
        expect([...announcedAddresses({ announcing })].sort()).toEqual([...new Set(some.map(printIp))].sort());
      }),
    );
  });

  it("reads addresses in the field ip, in canonical text", () => {
    expect([...announcedAddresses({ announcing: [{ ip: "192.0.2.1", term: 2 }, { ip: "2001:DB8:0::1" }] })]).toEqual([
      "192.0.2.1",
      "2001:db8::1",
    ]);
  });

  it.each([
    { name: "no list", report: { announcing: "192.0.2.1" } },
    { name: "no announcing at all", report: {} },
    { name: "elements of other kinds", report: { announcing: [7, null, {}, { ip: 7 }, []] } },
    { name: "a text that is no address", report: { announcing: ["nonsense", "", "1-2", "192.0.2", ",1"] } },
  ])("passes over $name", ({ report }) => {
    expect([...announcedAddresses(report)]).toEqual([]);
  });

  it.each(["192.0.2.1,300", "192.0.2.1,x", "192.0.2.1,9-3", "192.0.2.1,,", "192.0.2.1,-", "192.0.2.1,1e1"])(
    "of %s reads what can be read",
    (text) => expect([...announcedAddresses({ announcing: [text] })]).toEqual(["192.0.2.1"]),
  );

  it("reads 100,000 addresses at most", () => {
    const announcing = Array.from({ length: 10 }, (_, index) => `2001:db8::${(index + 1).toString(16)}:0-ffff`);
    expect(announcedAddresses({ announcing }).size).toBe(100_000);
  });
});
