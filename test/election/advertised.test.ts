import { describe, expect, it } from "vitest";
import { advertised, nodeInterfacesOf } from "#src/election/advertised.ts";
import type { Layer2Advertisement, PreferredNodes } from "#src/model/advertisement.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import { parseNode } from "#src/model/node.ts";
import { parseIp } from "#src/ip/address.ts";
import { object } from "#test/model/build.ts";

const node = (name: string, labels: string) =>
  parseNode(object(`{ apiVersion: v1, kind: Node, metadata: { name: ${name}, labels: ${labels} } }`)).value;
const nodes = [node("n1", "{ zone: a }"), node("n2", "{ zone: b }"), node("n3", "{ zone: b, fast: y }")];
const has = (key: string, value: string): LabelSelector => [{ key, operator: "In", values: [value] }];

/** An advertisement of pool "lan", which says nothing but the changes. */
function rule(changes: Partial<Layer2Advertisement> = {}): Layer2Advertisement {
  const nothing = { nodeSelectors: [], serviceSelectors: [], interfaces: [], preferredNodes: [] };
  return { kind: "layer2", name: "r", pools: ["lan"], ...nothing, ...changes };
}

const inLan = { mac: "", subnets: ["192.0.2.0/24"], addresses: [parseIp("192.0.2.11") ?? expect.fail()] };
const elsewhere = { mac: "", subnets: ["198.51.100.0/24"], addresses: [] };
const members = [
  { node: "n1", interfaces: [{ name: "eth0", ...inLan }] },
  {
    node: "n2",
    interfaces: [
      { name: "eth0", ...elsewhere },
      { name: "eth1", ...inLan },
    ],
  },
].map(nodeInterfacesOf);

/** What the advertisements say, with its sets and maps as lists. */
function say(
  services: readonly { labels: Record<string, string> }[],
  advertisements: readonly Layer2Advertisement[],
  ofPool: readonly PreferredNodes[],
) {
  const ip = parseIp("192.0.2.200") ?? expect.fail();
  const said = advertised({ name: "lan", preferredNodes: ofPool }, { ip, advertisements, nodes, members, services });
  const lists = Object.entries(said).map(([key, value]) => [key, value instanceof Object ? [...value] : value]);
  return Object.fromEntries(
    lists.filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  ) as unknown;
}

describe("advertised() of metallb.md §1.7, §3.4", () => {
  it.each([
    { name: "none: not advertised", rules: [], is: { isUnadvertised: true } },
    { name: "one of another pool: not advertised", rules: [rule({ pools: ["wan"] })], is: { isUnadvertised: true } },
    { name: "one that says nothing: all nodes", rules: [rule()], is: {} },
    {
      name: "selectors of two, together",
      rules: [rule({ nodeSelectors: [has("zone", "a")] }), rule({ nodeSelectors: [has("fast", "y")] })],
      is: { selected: ["n1", "n3"] },
    },
    {
      name: "one of two without selectors: all nodes",
      rules: [rule({ nodeSelectors: [has("zone", "a")] }), rule()],
      is: {},
    },
    {
      name: "interfaces: a node without one in the network of the address is unlinked, an unknown one is not",
      rules: [rule({ interfaces: ["eth0"] })],
      is: {
        interfaces: [
          ["n1", ["eth0"]],
          ["n3", ["eth0"]],
        ],
        unlinked: ["n2"],
      },
    },
    {
      name: "interfaces of two that select a node, together",
      rules: [rule({ interfaces: ["eth0"] }), rule({ interfaces: ["eth1"], nodeSelectors: [has("zone", "b")] })],
      is: {
        interfaces: [
          ["n1", ["eth0"]],
          ["n2", ["eth0", "eth1"]],
          ["n3", ["eth0", "eth1"]],
        ],
      },
    },
    {
      name: "all interfaces where one that selects the node names none",
      rules: [rule({ interfaces: ["eth9"] }), rule({ nodeSelectors: [has("zone", "b")] })],
      is: { unlinked: ["n1"] },
    },
    {
      name: "interfaces by pattern",
      rules: [rule({ interfaces: ["eth*", "!eth0"] })],
      is: {
        interfaces: [
          ["n2", ["!eth0", "eth*"]],
          ["n3", ["!eth0", "eth*"]],
        ],
        unlinked: ["n1"],
      },
    },
    {
      name: "interfaces by a network that one of them has an address in",
      rules: [rule({ interfaces: ["192.0.2.0/24"] }), rule({ interfaces: ["198.51.100.0/24"] })],
      is: { interfaces: ["n1", "n2", "n3"].map((name) => [name, ["192.0.2.0/24", "198.51.100.0/24"]]) },
    },
    {
      name: "interfaces that one of two takes away are not used, though the other is for all",
      rules: [rule({ interfaces: ["!eth0"] }), rule()],
      is: {
        interfaces: [
          ["n2", ["!eth0", "*"]],
          ["n3", ["!eth0", "*"]],
        ],
        unlinked: ["n1"],
      },
    },
    {
      name: "only for other Services: not advertised",
      rules: [rule({ serviceSelectors: [has("app", "web"), has("app", "api")] })],
      services: [{ labels: { app: "db" } }],
      is: { isUnadvertised: true },
    },
    {
      name: "a shared address: for all of its Services, or not at all",
      rules: [
        rule({ serviceSelectors: [has("app", "web")], nodeSelectors: [has("zone", "a")] }),
        rule({ nodeSelectors: [has("fast", "y")] }),
      ],
      services: [{ labels: { app: "web" } }, { labels: { app: "db" } }],
      is: { selected: ["n3"] },
    },
    {
      name: "the advertisements for the Service, together",
      rules: [
        rule({ serviceSelectors: [has("app", "web")], nodeSelectors: [has("zone", "a")] }),
        rule({ nodeSelectors: [has("fast", "y")] }),
      ],
      services: [{ labels: { app: "web" } }],
      is: { selected: ["n1", "n3"] },
    },
    {
      name: "preferred nodes: weights add up within one and over several",
      rules: [
        rule({
          preferredNodes: [
            { weight: 5, selector: has("zone", "b") },
            { weight: 7, selector: has("fast", "y") },
          ],
        }),
        rule({ preferredNodes: [{ weight: 1, selector: has("zone", "b") }] }),
      ],
      is: {
        scores: [
          ["n2", 6],
          ["n3", 13],
        ],
      },
    },
    {
      name: "preferred nodes: only those that the advertisement selects",
      rules: [
        rule(),
        rule({ nodeSelectors: [has("fast", "y")], preferredNodes: [{ weight: 9, selector: has("zone", "b") }] }),
      ],
      is: { scores: [["n3", 9]] },
    },
    {
      name: "preferred nodes of the pool itself: added once to those of its advertisements, for nodes that one selects",
      rules: [
        rule({ nodeSelectors: [has("fast", "y")], preferredNodes: [{ weight: 1, selector: has("zone", "b") }] }),
        rule({ nodeSelectors: [has("zone", "a"), has("fast", "y")] }),
      ],
      ofPool: [
        { weight: 5, selector: has("zone", "b") },
        { weight: 7, selector: has("zone", "a") },
      ],
      is: {
        selected: ["n1", "n3"],
        scores: [
          ["n1", 7],
          ["n3", 6],
        ],
      },
    },
    {
      name: "preferred nodes of a pool without advertisement",
      rules: [],
      ofPool: [{ weight: 5, selector: has("zone", "b") }],
      is: { isUnadvertised: true },
    },
  ])("$name", ({ rules, services = [{ labels: {} }], ofPool = [], is }) =>
    expect(say(services, rules, ofPool)).toEqual(is),
  );
});
