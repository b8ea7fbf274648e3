import { describe, expect, it } from "vitest";
import { parseL2Advertisement } from "#src/model/metallb/l2-advertisement.ts";
import { codes, valueOf } from "#test/model/build.ts";
import { resource } from "./resource.ts";

const NODE = "{ matchLabels: { rack: a } }";
const RACK = [{ key: "rack", operator: "In", values: ["a"] }];
const NOTHING = { nodeSelectors: [], serviceSelectors: [], interfaces: [], preferredNodes: [] };

describe("§1.7 parseL2Advertisement()", () => {
  it.each([
    { rule: "no spec is for all pools and nodes", spec: undefined, choice: {}, is: {} },
    { rule: "an empty spec, too", spec: "{}", choice: {}, is: {} },
    { rule: "pools by name", spec: "ipAddressPools: [a, b]", choice: { names: ["a", "b"] }, is: {} },
    { rule: "pools by label", spec: `ipAddressPoolSelectors: [${NODE}]`, choice: { selectors: [RACK] }, is: {} },
    { rule: "nodeSelectors", spec: `nodeSelectors: [${NODE}]`, choice: {}, is: { nodeSelectors: [RACK] } },
    {
      rule: "the empty node selector is for all",
      spec: "nodeSelectors: [{}]",
      choice: {},
      is: { nodeSelectors: [[]] },
    },
    { rule: "interfaces", spec: "interfaces: [eth0, bond0]", choice: {}, is: { interfaces: ["eth0", "bond0"] } },
    {
      rule: "interfaces by pattern and network, and a name that no interface can have",
      spec: 'interfaces: ["eth*", "!eth9", 192.0.2.0/24, averyverylongname]',
      choice: {},
      is: { interfaces: ["eth*", "!eth9", "192.0.2.0/24", "averyverylongname"] },
    },
    { rule: "serviceSelectors", spec: `serviceSelectors: [${NODE}]`, choice: {}, is: { serviceSelectors: [RACK] } },
    {
      rule: "preferredNodeSelectors",
      spec: `preferredNodeSelectors: [{ weight: 100, preference: ${NODE} }, { weight: 1, preference: {} }]`,
      choice: {},
      is: {
        preferredNodes: [
          { weight: 100, selector: RACK },
          { weight: 1, selector: [] },
        ],
      },
    },
  ])("$rule", ({ spec, choice, is }) => {
    const parsed = parseL2Advertisement(resource("L2Advertisement", spec));
    const value = valueOf(parsed);
    expect(value.choice).toEqual({ names: [], selectors: [], ...choice });
    expect(value.rule).toEqual({ kind: "layer2", name: "it", resource: "metallb-system/it", ...NOTHING, ...is });
    expect(parsed.problems).toEqual([]);
  });

  it.each([
    { rule: "duplicate ipAddressPools", spec: "ipAddressPools: [a, a]", code: "FIELD_DUPLICATE" },
    {
      rule: "duplicate ipAddressPoolSelectors",
      spec: `ipAddressPoolSelectors: [${NODE}, ${NODE}]`,
      code: "FIELD_DUPLICATE",
    },
    { rule: "duplicate nodeSelectors", spec: `nodeSelectors: [${NODE}, ${NODE}]`, code: "FIELD_DUPLICATE" },
    { rule: "duplicate interfaces", spec: "interfaces: [eth0, eth0]", code: "FIELD_DUPLICATE" },
    { rule: "a pattern that is not one", spec: 'interfaces: ["eth[01]*"]', code: "FIELD_INVALID" },
    { rule: "a network that is not one", spec: "interfaces: [192.0.2.0/33]", code: "FIELD_INVALID" },
    { rule: "duplicate serviceSelectors", spec: `serviceSelectors: [${NODE}, ${NODE}]`, code: "FIELD_DUPLICATE" },
    { rule: "weight 0", spec: "preferredNodeSelectors: [{ weight: 0, preference: {} }]", code: "FIELD_INVALID" },
    { rule: "weight 101", spec: "preferredNodeSelectors: [{ weight: 101, preference: {} }]", code: "FIELD_INVALID" },
    { rule: "no weight", spec: "preferredNodeSelectors: [{ preference: {} }]", code: "FIELD_MISSING" },
    { rule: "an unreadable selector", spec: "nodeSelectors: [rack]", code: "FIELD_WRONG_TYPE" },
    { rule: "a name that is not a text", spec: "ipAddressPools: [7]", code: "FIELD_WRONG_TYPE" },
  ])("is left out for $rule", ({ spec, code }) => {
    const parsed = parseL2Advertisement(resource("L2Advertisement", spec));
    expect([parsed.ok, ...codes(parsed.problems)]).toEqual([false, code]);
  });

  it("an unknown key is a warning", () => {
    const parsed = parseL2Advertisement(resource("L2Advertisement", "ipAddressPool: [a]"));
    expect([parsed.ok, ...codes(parsed.problems)]).toEqual([true, "resource_unknown_key"]);
    expect(parsed.problems[0]?.fix).toBe("Did you mean ipAddressPools?");
  });
});
