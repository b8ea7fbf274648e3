import { describe, expect, it } from "vitest";
import { findProblems } from "#src/check/find-problems.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { type MemberRecord, readMemberRecord } from "#src/model/member-record.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { findingsIn, loadBalancer, node, pools } from "./found.ts";

const LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";
const excluded = { labels: `${LABEL}: ""` };
const cutOff = { conditions: '{ type: NetworkUnavailable, status: "True" }' };
const pool = pools("name: p, addresses: [192.0.2.200-192.0.2.210]");
const edge = pools(
  "name: edge, addresses: [192.0.2.200-192.0.2.210], node-selectors: [{ match-labels: { role: edge } }]",
);

function findings(...documents: readonly string[]): string[] {
  return findingsIn(documents).map(({ severity, code, file }) => `${severity} ${code} ${file}`);
}

describe("L5 what no node would announce", () => {
  it.each([
    { name: "one Node may", nodes: [node("n1", excluded), node("n2")], is: [] },
    { name: "no Node is there", nodes: [], is: [] },
    {
      name: "all Nodes are excluded",
      nodes: [node("n1", excluded), node("n2", excluded)],
      is: ["error NO_NODE_ANNOUNCES f.yaml:11"],
    },
    { name: "no Node has a network", nodes: [node("n1", cutOff)], is: ["error NO_NODE_ANNOUNCES f.yaml:12"] },
    {
      name: "each has one of both",
      nodes: [node("n1", cutOff), node("n2", excluded)],
      is: ["error NO_NODE_ANNOUNCES f.yaml:12"],
    },
  ])("$name", ({ nodes, is }) => {
    expect(findings(pool, ...nodes)).toEqual(is);
  });

  it("names the label, the condition and the way out", () => {
    const [found] = findingsIn([pool, node("n1", cutOff), node("n2", excluded)]);
    expect(found?.why).toBe(`Node "n2" has the label ${LABEL}, and Node "n1" has the condition NetworkUnavailable`);
    expect(found?.fix).toContain(`kubectl label node NAME ${LABEL}-`);
  });

  it("counts excluded Nodes where the speakers do", () => {
    expect(findingsIn([pool, node("n1", excluded)], { ignoresExcludeLabel: true })).toEqual([]);
  });

  it.each([
    { name: "selectors that match", nodes: [node("n1", { labels: "role: edge" })], is: [] },
    { name: "selectors that match none", nodes: [node("n1")], is: ["error POOL_SELECTS_NO_NODE f.yaml:7"] },
    {
      name: "selectors that match only an excluded Node",
      nodes: [node("n1", { labels: `role: edge, ${LABEL}: ""` }), node("n2")],
      is: ["error POOL_SELECTS_NO_NODE f.yaml:7"],
    },
  ])("$name", ({ nodes, is }) => {
    expect(findings(edge, ...nodes)).toEqual(is);
  });

  it("a Local Service whose endpoints are only on excluded Nodes", () => {
    const slice = (on: string) =>
      `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: a-1, labels: { kubernetes.io/service-name: a } }\naddressType: IPv4\nports: [{ port: 80 }]\nendpoints: [{ addresses: [198.51.100.1], nodeName: ${on} }]`;
    const local = loadBalancer("a", { extra: ["externalTrafficPolicy: Local"] });
    const nodes = [node("n1", excluded), node("n2")];
    expect(findings(pool, local, slice("n2"), ...nodes)).toEqual([]);
    expect(findings(pool, local, slice("n1"), ...nodes)).toEqual(["warning SERVICE_LOCAL_UNREACHABLE f.yaml:15"]);
  });

  it("interfaces that no speaker announces on, in both forms", () => {
    const map = pools("name: p, addresses: [192.0.2.200/32], interfaces: [eth0, eth9]");
    const resources = [
      "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: { name: r, namespace: metallb-system }\nspec: { addresses: [192.0.2.201/32] }",
      "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata: { name: r, namespace: metallb-system }\nspec:\n  interfaces:\n    - bond7\n    - eth0",
    ];
    const { objects } = parseManifests([map, ...resources].join("\n---\n"), "f.yaml", { keepsLines: true });
    const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: ["192.0.2.0/24"] }];
    const member = readMemberRecord({ node: "n1", addresses: ["192.0.2.11"], interfaces });
    const foundWith = (members: readonly MemberRecord[]) =>
      findProblems({ objects, members, nowMs: 0 }).map(({ code, at, what, why, line }) => [
        code,
        printPlace(at),
        what,
        why,
        line,
      ]);
    expect(foundWith(member === undefined ? [] : [member])).toEqual([
      [
        "ADVERTISEMENT_INTERFACE_UNKNOWN",
        'ConfigMap "hawser-system/hawser" pool "p"',
        'No node announces on interface "eth9"',
        "speakers announce only on eth0",
        7,
      ],
      [
        "ADVERTISEMENT_INTERFACE_UNKNOWN",
        'L2Advertisement "metallb-system/r" spec.interfaces[0]',
        'No node announces on interface "bond7"',
        "speakers announce only on eth0",
        19,
      ],
    ]);
    expect(foundWith([])).toEqual([]);
  });

  it("patterns and networks that take no interface of a speaker, and not what takes away", () => {
    const list = '["eth*", "bond?", 192.0.2.0/28, 198.51.100.0/24, "!docker*"]';
    const { objects } = parseManifests(pools(`name: p, addresses: [192.0.2.200/32], interfaces: ${list}`), "f.yaml");
    const interfaces = [{ name: "eth0", mac: "", subnets: ["192.0.2.0/24"], addresses: ["192.0.2.11"] }];
    const members = [readMemberRecord({ node: "n1", addresses: ["192.0.2.11"], interfaces }) ?? expect.fail()];
    expect(findProblems({ objects, members, nowMs: 0 }).map(({ what }) => what)).toEqual([
      'No node announces on interface "bond?"',
      'No node announces on interface "198.51.100.0/24"',
    ]);
  });

  it("a range outside all networks that the speakers know", () => {
    const { objects } = parseManifests([pool, node("n1")].join("\n---\n"), "f.yaml");
    const codesWith = (subnet: string) => {
      const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: [subnet] }];
      const member = readMemberRecord({ node: "n1", addresses: ["192.0.2.11"], interfaces });
      return findProblems({ objects, members: member === undefined ? [] : [member], nowMs: 0 }).map(({ code }) => code);
    };
    expect(codesWith("192.0.2.0/24")).toEqual([]);
    expect(codesWith("198.51.100.0/24")).toEqual(["POOL_OUTSIDE_NETWORKS"]);
  });
});
