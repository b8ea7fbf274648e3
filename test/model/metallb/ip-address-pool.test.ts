import { describe, expect, it } from "vitest";
import { printRange } from "#src/ip/range.ts";
import { parseIpAddressPool } from "#src/model/metallb/ip-address-pool.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { PLAIN_POOL } from "#src/model/pool.ts";
import { codes, valueOf } from "#test/model/build.ts";
import { resource } from "./resource.ts";

const ONE = "addresses: [192.0.2.0/28]";

function pool(spec: string | undefined, annotations: Readonly<Record<string, string>> = {}) {
  return parseIpAddressPool(resource("IPAddressPool", spec, { annotations }));
}

/** The ranges of a pool, and its problems as `CODE` or, for a warning, `code`. */
function ranges(addresses: string): string[] {
  const parsed = pool(`addresses: ${addresses}`);
  return [...(parsed.ok ? parsed.value.pool.ranges.map(printRange) : []), ...codes(parsed.problems)];
}

describe("§1.2 parseIpAddressPool() reads addresses", () => {
  it.each([
    { rule: "CIDR", of: "[192.0.2.0/30]", are: ["192.0.2.0-192.0.2.3"] },
    { rule: "range", of: "[192.0.2.1-192.0.2.5]", are: ["192.0.2.1-192.0.2.5"] },
    { rule: "spaces around the dash", of: "['192.0.2.1 - 192.0.2.5']", are: ["192.0.2.1-192.0.2.5"] },
    {
      rule: "both families in one pool, order kept",
      of: "['2001:db8::/127', 192.0.2.1/32]",
      are: ["2001:db8::-2001:db8::1", "192.0.2.1-192.0.2.1"],
    },
    { rule: "bare address", of: "[192.0.2.1]", are: ["POOL_RANGE_BARE_ADDRESS"] },
    {
      rule: "CIDR with host bits is the network",
      of: "[198.51.100.10/24]",
      are: ["198.51.100.0-198.51.100.255", "pool_range_host_bits"],
    },
    { rule: "range that ends below its start", of: "[192.0.2.5-192.0.2.1]", are: ["POOL_RANGE_REVERSED"] },
    { rule: "range from IPv4 to IPv6", of: "['192.0.2.1-2001:db8::1']", are: ["POOL_RANGE_MIXED_FAMILIES"] },
    { rule: "not an address", of: "[nonsense]", are: ["POOL_RANGE_UNREADABLE"] },
    { rule: "not a text", of: "[7]", are: ["POOL_RANGE_UNREADABLE"] },
    { rule: "required", of: "[]", are: ["POOL_WITHOUT_ADDRESSES"] },
    { rule: "no list", of: "192.0.2.0/24", are: ["FIELD_WRONG_TYPE"] },
    { rule: "overlap inside the pool", of: "[192.0.2.0/28, 192.0.2.5-192.0.2.9]", are: ["POOL_RANGES_OVERLAP"] },
  ])("$rule", ({ of, are }) => {
    expect(ranges(of)).toEqual(are);
  });

  it("spec is required", () => {
    expect(codes(pool(undefined).problems)).toContain("FIELD_MISSING");
    expect(pool(undefined).ok).toBe(false);
  });
});

describe("§1.2 parseIpAddressPool() reads the policy", () => {
  it.each([
    { rule: "autoAssign is true by default", spec: "", is: { autoAssign: true } },
    { rule: "autoAssign: false", spec: "autoAssign: false", is: { autoAssign: false } },
    { rule: "avoidBuggyIPs is false by default", spec: "", is: { avoidBuggyIps: false } },
    { rule: "avoidBuggyIPs: true", spec: "avoidBuggyIPs: true", is: { avoidBuggyIps: true } },
    { rule: "priority is 0 by default", spec: "serviceAllocation: {}", is: { priority: 0 } },
    { rule: "priority", spec: "serviceAllocation: { priority: 50 }", is: { priority: 50 } },
    { rule: "namespaces", spec: "serviceAllocation: { namespaces: [a, b] }", is: { namespaces: ["a", "b"] } },
    {
      rule: "namespaceSelectors",
      spec: "serviceAllocation: { namespaceSelectors: [{ matchLabels: { team: a } }] }",
      is: { namespaceSelectors: [[{ key: "team", operator: "In", values: ["a"] }]] },
    },
    {
      rule: "serviceSelectors",
      spec: "serviceAllocation: { serviceSelectors: [{ matchExpressions: [{ key: app, operator: Exists }] }] }",
      is: { serviceSelectors: [[{ key: "app", operator: "Exists", values: [] }]] },
    },
    {
      rule: "the empty selector is for all",
      spec: "serviceAllocation: { serviceSelectors: [{}] }",
      is: { serviceSelectors: [[]] },
    },
    {
      rule: "neither namespaces nor selectors",
      spec: "serviceAllocation: { priority: 3 }",
      is: { priority: 3, namespaces: [], namespaceSelectors: [], serviceSelectors: [] },
    },
  ])("$rule", ({ spec, is }) => {
    const parsed = pool(`${ONE}\n${spec}`);
    expect(valueOf(parsed).pool).toMatchObject({ ...PLAIN_POOL, ...is });
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    { rule: "duplicate namespaces", spec: "serviceAllocation: { namespaces: [a, a] }", code: "FIELD_DUPLICATE" },
    {
      rule: "duplicate namespaceSelectors",
      spec: "serviceAllocation: { namespaceSelectors: [{ matchLabels: { a: b, c: d } }, { matchLabels: { c: d, a: b } }] }",
      code: "FIELD_DUPLICATE",
    },
    {
      rule: "duplicate serviceSelectors",
      spec: "serviceAllocation: { serviceSelectors: [{ matchLabels: { a: b } }, { matchExpressions: [{ key: a, operator: In, values: [b] }] }] }",
      code: "FIELD_DUPLICATE",
    },
    {
      rule: "a selector with an unknown key would select all",
      spec: "serviceAllocation: { namespaceSelectors: [{ matchLabel: { a: b } }] }",
      code: "CONFIG_UNKNOWN_KEY",
    },
    {
      rule: "an operator that does not exist",
      spec: "serviceAllocation: { serviceSelectors: [{ matchExpressions: [{ key: a, operator: Is, values: [b] }] }] }",
      code: "FIELD_INVALID",
    },
    { rule: "priority is a number", spec: "serviceAllocation: { priority: high }", code: "FIELD_WRONG_TYPE" },
    { rule: "autoAssign is true or false", spec: "autoAssign: 'no'", code: "FIELD_WRONG_TYPE" },
    { rule: "serviceAllocation is a map", spec: "serviceAllocation: [a]", code: "FIELD_WRONG_TYPE" },
  ])("is left out for: $rule", ({ spec, code }) => {
    const parsed = pool(`${ONE}\n${spec}`);
    expect(codes(parsed.problems)).toEqual([code]);
    expect(parsed.ok).toBe(false);
  });

  it.each([
    { spec: "autoasign: false", fix: "Did you mean autoAssign?" },
    { spec: "avoid-buggy-ips: true", fix: "Did you mean avoidBuggyIPs?" },
    { spec: "serviceAllocation: { namespace: [a] }", fix: "Did you mean namespaces?" },
    { spec: "colour: red", fix: "Remove it, or write one of these" },
  ])("an unknown key is a warning: $spec", ({ spec, fix }) => {
    const parsed = pool(`${ONE}\n${spec}`);
    expect(parsed.ok).toBe(true);
    expect(parsed.problems.map((problem) => `${problem.severity} ${problem.code} ${problem.fix}`)).toEqual([
      `warning RESOURCE_UNKNOWN_KEY ${fix}`,
    ]);
  });
});

describe("parseIpAddressPool() reads our annotations", () => {
  it.each([
    { annotation: "excluded-addresses", value: "192.0.2.1, 192.0.2.4/31,192.0.2.8-192.0.2.9", is: { excluded: 3 } },
    { annotation: "quota-per-namespace", value: "5", is: { quotaPerNamespace: 5 } },
    { annotation: "rest-time", value: "1m30s", is: { restMs: 90_000 } },
    { annotation: "rest-time", value: "forever", is: { restMs: Infinity } },
    { annotation: "warning-percent", value: "80", is: { warningPercent: 80 } },
    {
      annotation: "preferred-nodes",
      value: "[{ weight: 50, match-labels: { zone: a } }]",
      is: { preferredNodes: [{ weight: 50, selector: [{ key: "zone", operator: "In", values: ["a"] }] }] },
    },
    {
      annotation: "preferred-nodes",
      value: "- weight: 2\n  match-expressions:\n  - { key: disk, operator: Exists }\n",
      is: { preferredNodes: [{ weight: 2, selector: [{ key: "disk", operator: "Exists", values: [] }] }] },
    },
    { annotation: "preferred-nodes", value: "[]", is: { preferredNodes: [] } },
    { annotation: "conflict", value: "yield", is: { conflict: "yield" } },
    { annotation: "disabled", value: "true", is: { isDisabled: true } },
    { annotation: "disabled", value: "false", is: { isDisabled: false } },
  ])("$annotation: $value", ({ annotation, value, is }) => {
    const parsed = pool(ONE, { [`hawser.dev/${annotation}`]: value });
    const { pool: read } = valueOf(parsed);
    expect("excluded" in is ? { excluded: read.excluded.length } : read).toMatchObject(is);
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    { annotation: "excluded-addresses", value: "nonsense", code: "POOL_RANGE_UNREADABLE" },
    { annotation: "quota-per-namespace", value: "0", code: "FIELD_INVALID" },
    { annotation: "quota-per-namespace", value: "1.5", code: "FIELD_INVALID" },
    { annotation: "rest-time", value: "90", code: "FIELD_INVALID" },
    { annotation: "rest-time", value: "8761h", code: "FIELD_INVALID" },
    { annotation: "warning-percent", value: "101", code: "FIELD_INVALID" },
    { annotation: "warning-percent", value: "80 %", code: "FIELD_INVALID" },
    { annotation: "preferred-nodes", value: "zone=a", code: "FIELD_INVALID" },
    { annotation: "preferred-nodes", value: "# none", code: "FIELD_INVALID" },
    { annotation: "preferred-nodes", value: "[{ weight: 50", code: "FIELD_INVALID" },
    { annotation: "preferred-nodes", value: "[]\n---\n[]", code: "FIELD_INVALID" },
    {
      annotation: "preferred-nodes",
      value: "[{ weight: 1, weight: 2, match-labels: { a: b } }]",
      code: "FIELD_INVALID",
    },
    { annotation: "preferred-nodes", value: `[${"{},".repeat(6000)}]`, code: "FIELD_INVALID" },
    { annotation: "preferred-nodes", value: "[{ weight: 101, match-labels: { a: b } }]", code: "FIELD_INVALID" },
    { annotation: "preferred-nodes", value: "[{ match-labels: { a: b } }]", code: "FIELD_MISSING" },
    { annotation: "conflict", value: "fight", code: "FIELD_INVALID" },
    { annotation: "disabled", value: "yes", code: "FIELD_INVALID" },
  ])("is left out for $annotation: $value", ({ annotation, value, code }) => {
    const parsed = pool(ONE, { [`hawser.dev/${annotation}`]: value });
    expect([parsed.ok, ...codes(parsed.problems)]).toEqual([false, code]);
  });

  it("warns of each exclusion that has no address of the pool, as in the ConfigMap", () => {
    const parsed = pool("addresses: [192.0.2.0/28]", {
      "hawser.dev/excluded-addresses": "192.0.2.1, 198.51.100.7, 2001:db8::/64",
    });
    expect(valueOf(parsed).pool.excluded).toHaveLength(3);
    expect(parsed.problems.map(({ severity, code, what }) => `${severity} ${code} ${what}`)).toEqual([
      'warning POOL_EXCLUDES_NOTHING Excluded no address by "198.51.100.7"',
      'warning POOL_EXCLUDES_NOTHING Excluded no address by "2001:db8::/64"',
    ]);
  });

  it("names the line of a mistake in preferred-nodes", () => {
    const [document] = parseManifests(
      [
        "apiVersion: metallb.io/v1beta1",
        "kind: IPAddressPool",
        "metadata:",
        "  name: a",
        "  namespace: metallb-system",
        "  annotations:",
        "    hawser.dev/preferred-nodes: |",
        "      - { weight: 50, match-labels: { zone: a } }",
        "      - { weight: many, match-labels: { zone: b } }",
        "spec: { addresses: [192.0.2.0/28] }",
      ].join("\n"),
      "pool.yaml",
      { keepsLines: true },
    ).objects;
    const { problems } = parseIpAddressPool(document ?? expect.fail());
    expect(problems.map(({ code, line, at }) => [code, line, printPlace(at)])).toEqual([
      [
        "FIELD_WRONG_TYPE",
        9,
        'IPAddressPool "metallb-system/a" metadata.annotations["hawser.dev/preferred-nodes"][1].weight',
      ],
    ]);
  });

  it("proposes the annotation that is meant", () => {
    const [problem] = pool(ONE, { "hawser.dev/disable": "true", "example.com/disable": "true" }).problems;
    expect(`${problem?.severity} ${problem?.fix}`).toBe("warning Did you mean hawser.dev/disabled?");
  });
});
