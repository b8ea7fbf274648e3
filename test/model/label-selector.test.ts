import { describe, expect, it } from "vitest";
import { matchesLabels } from "#src/model/label-selector.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { codes, configMap, valueOf } from "./build.ts";

/** A pool with these selectors, written as in a file. */
function parse(selectors: string) {
  const pool = `{ name: edge, protocol: layer2, addresses: [192.0.2.0/28], node-selectors: ${selectors} }`;
  return fromConfigMap(configMap(`address-pools: [${pool}]`));
}

describe("node-selectors of a pool", () => {
  const labels = { zone: "a", rack: "7", gpu: "" };

  it.each([
    { selectors: "[{ match-labels: { zone: a } }]", matches: true },
    { selectors: "[{ match-labels: { zone: a, rack: '8' } }]", matches: false },
    { selectors: "[{ match-labels: { zone: b } }, { match-labels: { rack: '7' } }]", matches: true },
    { selectors: "[{ match-expressions: [{ key: zone, operator: In, values: [b, a] }] }]", matches: true },
    { selectors: "[{ match-expressions: [{ key: zone, operator: NotIn, values: [a] }] }]", matches: false },
    { selectors: "[{ match-expressions: [{ key: other, operator: NotIn, values: [a] }] }]", matches: true },
    { selectors: "[{ match-expressions: [{ key: rack, operator: In, values: [7] }] }]", matches: true },
    { selectors: "[{ match-expressions: [{ key: rack, operator: In, values: [07] }] }]", matches: false },
    { selectors: "[{ match-expressions: [{ key: gpu, operator: Exists }] }]", matches: true },
    { selectors: "[{ match-expressions: [{ key: toString, operator: Exists }] }]", matches: false },
    { selectors: "[{ match-expressions: [{ key: gpu, operator: DoesNotExist }] }]", matches: false },
    {
      selectors: "[{ match-labels: { zone: a }, match-expressions: [{ key: gpu, operator: DoesNotExist }] }]",
      matches: false,
    },
  ])("$selectors: $matches", ({ selectors, matches }) => {
    const parsed = parse(selectors);
    expect(codes(parsed.problems)).toEqual([]);
    const read = valueOf(parsed).advertisements[0]?.nodeSelectors ?? [];
    expect(read.some((selector) => matchesLabels(selector, labels))).toBe(matches);
  });

  it.each(["null", "[]"])("%s selects all nodes", (selectors) => {
    expect(valueOf(parse(selectors)).advertisements[0]?.nodeSelectors).toEqual([]);
  });

  it.each([
    { selectors: "{ zone: a }", code: "FIELD_WRONG_TYPE" },
    { selectors: "[null]", code: "FIELD_MISSING" },
    { selectors: "[{}]", code: "FIELD_INVALID" },
    { selectors: "[{ match-labels: {} }]", code: "FIELD_INVALID" },
    { selectors: "[{ matchLabels: { zone: a } }]", code: "CONFIG_UNKNOWN_KEY" },
    { selectors: "[{ match-expressions: [{ operator: Exists }] }]", code: "FIELD_MISSING" },
    { selectors: "[{ match-expressions: [{ key: zone }] }]", code: "FIELD_MISSING" },
    { selectors: "[{ match-expressions: [{ key: zone, operator: Like, values: [a] }] }]", code: "FIELD_INVALID" },
    { selectors: "[{ match-expressions: [{ key: zone, operator: In }] }]", code: "FIELD_MISSING" },
    { selectors: "[{ match-expressions: [{ key: zone, operator: Exists, values: [a] }] }]", code: "FIELD_INVALID" },
  ])("refuses $selectors", ({ selectors, code }) => {
    const parsed = parse(selectors);
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toContain(code);
  });
});
