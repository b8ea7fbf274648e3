import { describe, expect, it } from "vitest";
import { printRange } from "#src/ip/range.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { withPlacePrinted } from "#src/model/problem.ts";
import { codes, configMap, object, valueOf } from "#test/model/build.ts";

/** A configuration with one layer2 pool of these addresses. */
function withAddresses(...addresses: readonly string[]): string {
  const list = addresses.map((address) => `  - ${JSON.stringify(address)}`).join("\n");
  return `address-pools:\n- name: default\n  protocol: layer2\n  addresses:\n${list}\n`;
}

const parse = (text: string) => fromConfigMap(configMap(text));

describe("fromConfigMap() reads", () => {
  it.each([
    { text: "192.0.2.0/28", range: "192.0.2.0-192.0.2.15" },
    { text: "192.0.2.5/32", range: "192.0.2.5-192.0.2.5" },
    { text: "192.0.2.1-192.0.2.9", range: "192.0.2.1-192.0.2.9" },
    { text: " 192.0.2.1  -  192.0.2.9 ", range: "192.0.2.1-192.0.2.9" },
    { text: "2001:DB8::/126", range: "2001:db8::-2001:db8::3" },
    { text: "2001:db8::5-2001:db8::5", range: "2001:db8::5-2001:db8::5" },
  ])("the range $text without a word", ({ text, range }) => {
    const parsed = parse(withAddresses(text));
    expect(valueOf(parsed).pools.flatMap(({ ranges }) => ranges.map(printRange))).toEqual([range]);
    expect(parsed.problems).toEqual([]);
  });

  it.each(["", "# nothing yet\n", "---\n", "address-pools:\n", "address-pools: []\n", "{}"])(
    "%j as no pools",
    (text) => {
      expect(valueOf(parse(text)).pools).toEqual([]);
    },
  );

  it.each([
    { written: "true", is: true },
    { written: "yes", is: true },
    { written: "On", is: true },
    { written: "false", is: false },
    { written: "no", is: false },
    { written: "OFF", is: false },
    { written: "", is: true },
  ])("auto-assign: $written as $is", ({ written, is }) => {
    const [pool] = valueOf(parse(`${withAddresses("192.0.2.0/28")}  auto-assign: ${written}\n`)).pools;
    expect(pool?.autoAssign).toBe(is);
  });

  it.each(["1.10", "007", "1e3", "0x10", "0o17", "1_000", "12345678901234567890"])(
    "L12 the name %s of a pool as it is written",
    (name) => {
      const text = `address-pools:\n- {name: ${name}, protocol: layer2, addresses: [192.0.2.0/28]}\n`;
      expect(valueOf(parse(text)).pools.map((pool) => pool.name)).toEqual([name]);
    },
  );

  it("L12 1.1 and 1.10 as two pools", () => {
    const pool = (name: string, range: string) => `- {name: ${name}, protocol: layer2, addresses: [${range}]}`;
    const parsed = parse(`address-pools:\n${pool("1.1", "192.0.2.0/28")}\n${pool("1.10", "192.0.2.16/28")}\n`);
    expect(codes(parsed.problems)).toEqual([]);
  });

  it("a number as the name of a pool, as MetalLB did", () => {
    const text = withAddresses("192.0.2.0/28").replace("default", "42");
    expect(valueOf(parse(text)).pools.map(({ name }) => name)).toEqual(["42"]);
  });
});

describe("fromConfigMap() refuses a range and proposes the mend", () => {
  it.each([
    { text: "192.0.2.9-192.0.2.1", code: "POOL_RANGE_REVERSED", fix: 'Write "192.0.2.1-192.0.2.9"' },
    { text: "192.0.2.9", code: "POOL_RANGE_BARE_ADDRESS", fix: 'Write "192.0.2.9/32" for this one address' },
    { text: "2001:db8::1", code: "POOL_RANGE_BARE_ADDRESS", fix: 'Write "2001:db8::1/128" for this one address' },
    { text: "192.0.2.1-::2", code: "POOL_RANGE_MIXED_FAMILIES", fix: "Write one range for IPv4 and one for IPv6" },
    { text: "192.0.2.0/33", code: "POOL_RANGE_BAD_PREFIX_LENGTH", fix: "Write a prefix length from 0 to 32" },
    { text: "2001:db8::/129", code: "POOL_RANGE_BAD_PREFIX_LENGTH", fix: "Write a prefix length from 0 to 128" },
    { text: "192.0.2.0/", code: "POOL_RANGE_BAD_PREFIX_LENGTH", fix: "Write a prefix length from 0 to 32" },
    { text: "192.0.2.0/255.255.255.240", code: "POOL_RANGE_BAD_PREFIX_LENGTH", fix: 'Write "192.0.2.0/28"' },
    { text: "192.0.2.0/255.0.255.0", code: "POOL_RANGE_BAD_PREFIX_LENGTH", fix: "Write a prefix length from 0 to 32" },
    { text: "192.0.2.1-9", code: "POOL_RANGE_UNREADABLE", fix: 'Write "192.0.2.1-192.0.2.9"' },
    { text: "192.0.2.1–192.0.2.9", code: "POOL_RANGE_UNREADABLE", fix: 'Write "192.0.2.1-192.0.2.9"' },
    { text: "192.0.2.1..192.0.2.9", code: "POOL_RANGE_UNREADABLE", fix: 'Write "192.0.2.1-192.0.2.9"' },
    { text: "192.0.2.1 to 192.0.2.9", code: "POOL_RANGE_UNREADABLE", fix: 'Write "192.0.2.1-192.0.2.9"' },
    { text: "192.000.002.000/28", code: "POOL_RANGE_UNREADABLE", fix: 'Write "192.0.2.0/28"' },
    {
      text: "192.0.2.1,2001:db8::1",
      code: "POOL_RANGE_UNREADABLE",
      fix: 'Write each on a line of its own: "192.0.2.1/32", "2001:db8::1/128"',
    },
    { text: "lb.example.com", code: "POOL_RANGE_UNREADABLE", fix: expect.stringContaining("Write a CIDR") },
    { text: "fe80::1%eth0/128", code: "POOL_RANGE_UNREADABLE", fix: expect.stringContaining("Write a CIDR") },
    { text: "::ffff:192.0.2.1/128", code: "POOL_RANGE_UNREADABLE", fix: expect.stringContaining("Write a CIDR") },
  ])("$text", ({ text, code, fix }) => {
    const parsed = parse(withAddresses("198.51.100.0/24", text));
    expect(parsed.ok).toBe(false);
    expect(parsed.problems.map(withPlacePrinted)).toEqual([
      expect.objectContaining({
        code,
        fix,
        severity: "error",
        where: 'ConfigMap "hawser-system/hawser" address-pools[0].addresses[1]',
        what: `Cannot read range ${JSON.stringify(text)}`,
      }),
    ]);
  });
});

describe("fromConfigMap() finds overlaps", () => {
  it.each([
    { name: "equal", ranges: ["192.0.2.0/28", "192.0.2.0/28"], count: 1 },
    { name: "touching ends", ranges: ["192.0.2.0-192.0.2.8", "192.0.2.8-192.0.2.9"], count: 1 },
    { name: "neighbours", ranges: ["192.0.2.0-192.0.2.7", "192.0.2.8-192.0.2.9"], count: 0 },
    { name: "two inside one", ranges: ["192.0.2.1/32", "192.0.2.0/24", "192.0.2.200/32"], count: 2 },
    { name: "same number, other family", ranges: ["0.0.0.1/32", "::1/128"], count: 0 },
    { name: "IPv6", ranges: ["2001:db8::/64", "2001:db8::ffff/128"], count: 1 },
  ])("$name", ({ ranges, count }) => {
    const found = parse(withAddresses(...ranges)).problems.filter(({ code }) => code === "POOL_RANGES_OVERLAP");
    expect(found).toHaveLength(count);
  });

  it("names both and the shared addresses", () => {
    const [problem] = parse(withAddresses("192.0.2.0/28", "192.0.2.10-192.0.2.20")).problems;
    expect(problem?.why).toBe('it shares 192.0.2.10-192.0.2.15 with "192.0.2.0/28" at address-pools[0].addresses[0]');
  });
});

describe("fromConfigMap() warns of", () => {
  it.each([
    { name: "host bits", text: "192.0.2.10/28", code: "pool_range_host_bits" },
    { name: "loopback", text: "127.0.0.0/24", code: "pool_range_special" },
    { name: "multicast", text: "224.0.0.0/24", code: "pool_range_special" },
    { name: "everything", text: "0.0.0.0/0", code: "pool_range_special" },
    { name: "a range that runs into multicast", text: "223.255.255.255-224.0.0.0", code: "pool_range_special" },
    { name: "link-local", text: "fe80::/64", code: "pool_range_special" },
  ])("$name and uses the pool", ({ text, code }) => {
    const parsed = parse(withAddresses(text));
    expect(parsed.ok).toBe(true);
    expect(codes(parsed.problems)).toEqual([code]);
  });
});

describe("fromConfigMap() and BGP", () => {
  const bgp = "address-pools:\n- {name: far, protocol: bgp, addresses: [198.51.100.0/24], bgp-advertisements: [{}]}\n";

  it("passes over the pool and keeps the others", () => {
    const parsed = parse(`${bgp}- {name: near, protocol: layer2, addresses: [192.0.2.0/28]}\n`);
    expect(valueOf(parsed).pools.map(({ name }) => name)).toEqual(["near"]);
    expect(codes(parsed.problems)).toEqual(["POOL_PROTOCOL_BGP"]);
  });

  it("still refuses an overlap with it", () => {
    const parsed = parse(`${bgp}- {name: near, protocol: layer2, addresses: [198.51.100.7/32]}\n`);
    expect(parsed.ok).toBe(false);
  });

  it("refuses bgp-advertisements in a layer2 pool", () => {
    const parsed = parse(`${withAddresses("192.0.2.0/28")}  bgp-advertisements: [{}]\n`);
    expect([parsed.ok, codes(parsed.problems)]).toEqual([false, ["CONFIG_UNKNOWN_KEY"]]);
  });

  it("L15 ignores an empty list bgp-advertisements in a layer2 pool, with a warning", () => {
    const parsed = parse(`${withAddresses("192.0.2.0/28")}  bgp-advertisements: []\n`);
    expect(valueOf(parsed).pools).toHaveLength(1);
    expect(parsed.problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual(["warning BGP_NOT_SERVED"]);
  });
});

describe("fromConfigMap() refuses the text", () => {
  it.each([
    { name: "a list", text: "- a\n", code: "FIELD_WRONG_TYPE" },
    { name: "a word", text: "pools", code: "FIELD_WRONG_TYPE" },
    { name: "two documents", text: "address-pools: []\n---\naddress-pools: []\n", code: "CONFIG_NOT_YAML" },
    { name: "a tab for indentation", text: "address-pools:\n\t- name: x\n", code: "CONFIG_NOT_YAML" },
    { name: "more than an API server takes", text: `# ${"x".repeat(1024 * 1024)}\n`, code: "CONFIG_NOT_YAML" },
    { name: "aliases without end", text: `a: &a [x]\nb: [${"*a,".repeat(200)}]\n`, code: "CONFIG_NOT_YAML" },
  ])("$name", ({ text, code }) => {
    const parsed = parse(text);
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toEqual([code]);
  });

  it("names the line in it", () => {
    const [problem] = parse("address-pools:\n- name: a\n  name: b\n").problems;
    expect(problem && printPlace(problem.at)).toBe('ConfigMap "hawser-system/hawser" data.config line 3');
  });

  it.each([undefined, null, 5, ["a"], {}])("that is %j", (config) => {
    expect(codes(fromConfigMap(configMap(config)).problems)).toEqual(["CONFIG_TEXT_MISSING"]);
  });

  it("that is not there at all", () => {
    const empty = object("{apiVersion: v1, kind: ConfigMap, metadata: {name: hawser}}");
    expect(codes(fromConfigMap(empty).problems)).toEqual(["CONFIG_TEXT_MISSING"]);
  });
});

it("keeps at most 100 problems of 10,000 broken ranges", () => {
  const parsed = parse(withAddresses(...Array.from({ length: 10_000 }, (_, index) => `nonsense-${index}`)));
  expect(parsed.ok).toBe(false);
  expect(parsed.problems).toHaveLength(100);
});
