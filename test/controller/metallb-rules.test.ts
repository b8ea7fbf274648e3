import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Form, playRuleCase, readRuleCase } from "./rule-case.ts";

/**
 * The rules of MetalLB for pools, requests, sharing, dual stack and changes of pools, as our inventory of it (metallb.md) numbers
 * them: sections 1.2 to 1.6, in each the rows of its table and then the points below it.
 */
const RULES: Readonly<Record<string, string>> = {
  "1.2.1": "addresses",
  "1.2.2": "a bare address",
  "1.2.3": "a CIDR with host bits",
  "1.2.4": "a range",
  "1.2.5": "a range of two families",
  "1.2.6": "autoAssign",
  "1.2.7": "avoidBuggyIPs",
  "1.2.8": "priority",
  "1.2.9": "namespaces",
  "1.2.10": "namespaceSelectors",
  "1.2.11": "serviceSelectors",
  "1.2.12": "a serviceAllocation with neither",
  "1.2.13": "status",
  "1.2.14": "overlaps and equal names",
  "1.2.15": "namespaceSelectors that match no namespace",
  "1.2.16": "addresses of nodes",
  "1.3.1": "type",
  "1.3.2": "class",
  "1.3.3": "loadBalancerIPs",
  "1.3.4": "spec.loadBalancerIP, and both forms",
  "1.3.5": "address-pool, and an address in it",
  "1.3.6": "allow-shared-ip",
  "1.3.7": "ip-allocated-from-pool",
  "1.3.8": "the prefixes",
  "1.3.9": "the families of a request",
  "1.3.10": "what a request bypasses",
  "1.3.11": "a request that changes",
  "1.3.12": "an invalid request",
  "1.3.13": "several addresses of one family",
  "1.3.14": "what is in a status",
  "1.4.1": "key, backend and ports",
  "1.4.2": "the backend",
  "1.4.3": "Local without a selector",
  "1.4.4": "protocols",
  "1.4.5": "namespaces",
  "1.4.6": "not sticky",
  "1.4.7": "a key or port that changes",
  "1.4.8": "a pending Service that may now share",
  "1.4.9": "serviceSelectors of an L2Advertisement",
  "1.4.10": "Local with different selectors",
  "1.5.1": "families from clusterIPs",
  "1.5.2": "all addresses from one pool",
  "1.5.3": "RequireDualStack",
  "1.5.4": "PreferDualStack",
  "1.5.5": "PreferDualStack with one address",
  "1.5.6": "dual becomes single",
  "1.5.7": "PreferDualStack with one clusterIP",
  "1.5.8": "the order in the status",
  "1.6.1": "a pool grows",
  "1.6.2": "a pool is renamed or split",
  "1.6.3": "a pool shrinks or is deleted",
  "1.6.4": "all pools are deleted",
  "1.6.5": "a pool appears",
  "1.6.6": "an address is freed",
  "1.6.7": "an address in use blocks no change",
  "1.6.8": "the speaker and an address without a pool",
  "1.6.9": "an invalid configuration",
};

/** Cases with the pools in one form only, and why. */
const ONE_FORM: Readonly<Record<string, string>> = {
  "1.2.12-empty-allocation": "the ConfigMap has no serviceAllocation, its keys are those of the pool",
  "1.2.14-overlap-of-pools-in-the-config-map": "the ConfigMap is one text, that counts as a whole",
  "1.2.14-overlap-of-pools-in-resources": "each IPAddressPool counts alone, and no two have one name",
  "1.4.9-sharing-and-service-selectors": "the ConfigMap has no selectors for Services in its advertisements",
  "1.6.2-pool-renamed-in-two-objects": "in the ConfigMap a rename is one change",
  "1.6.3-pool-becomes-one-of-bgp": "the ConfigMap says the protocol in the pool",
  "1.6.3-pool-is-left-out-later": "in the ConfigMap pools that overlap are rejected",
  "1.6.9-invalid-config-map": "the ConfigMap is one text, that counts as a whole",
  "1.6.9-invalid-resource": "each object counts alone",
};

const folder = new URL("../golden/rules/", import.meta.url);
const END = ".in.yaml";
const cases = readdirSync(folder)
  .sort()
  .filter((file) => file.endsWith(END))
  .map((file) => ({ name: file.slice(0, -END.length), text: readFileSync(new URL(file, folder), "utf8") }));

/** The end of the comment that a case begins with, in one line; none where Hawser does what MetalLB does. */
function differenceIn(text: string): string[] {
  const [comment = ""] = /^(# .*\n)+/.exec(text.replace(/^# Options: .*\n/m, "")) ?? [];
  const [, difference] = comment.replace(/\n?# /g, " ").split("Hawser differs: ");
  return difference === undefined ? [] : [difference.trim()];
}

describe("MetalLB's rules for pools and Services, by their numbers", () => {
  it("each rule has a case, and each case a rule", () => {
    const numbers = cases.map(({ name }) => name.replace(/-.*/, ""));
    expect(Object.keys(RULES).filter((number) => !numbers.includes(number))).toEqual([]);
    expect(numbers.filter((number) => !(number in RULES))).toEqual([]);
  });

  it("each case has both forms, unless it is about one of them", () => {
    const single = cases.filter(({ name, text }) => readRuleCase(text, name).forms.length === 1);
    expect(single.map(({ name }) => name).sort()).toEqual(Object.keys(ONE_FORM).sort());
  });

  it("what a case says that Hawser does differently, and why, is in docs/metallb.md, and the page says no more", () => {
    const page = readFileSync(new URL("../../docs/metallb.md", import.meta.url), "utf8");
    const differences = cases.flatMap(({ name, text }) => differenceIn(text).map((says) => ({ name, says })));
    const inOneLine = page.replace(/\s+/g, " ");
    expect(differences.filter(({ says }) => !inOneLine.includes(says))).toEqual([]);
    expect(differences.filter(({ says }) => !/\bbecause\b|\bso\b|, which/.test(says))).toEqual([]);
    const [, section = ""] = /^## What works differently\n(.*?)^## /ms.exec(page) ?? [];
    const points = section.split(/^- /m).slice(1);
    const said = points.map((point) => point.replace(/^#.*$/m, "").replace(/\s+/g, " ").trim());
    expect(said.length).toBeGreaterThan(20);
    expect(said.filter((one) => !differences.some(({ says }) => says === one))).toEqual([]);
  });

  it.each(cases)("$name", async ({ name, text }) => {
    const played = readRuleCase(text, name);
    const outputs = new Map<Form, string>();
    for (const form of played.forms) outputs.set(form, await playRuleCase(played, form));
    const [first = "", ...others] = outputs.values();
    for (const other of others) expect(other).toBe(first);
    await expect(first).toMatchFileSnapshot(new URL(`${name}.out.yaml`, folder).pathname);
  });
});
