import { describe, expect, it } from "vitest";
import { findMetallb } from "#src/migration/metallb-installation.ts";
import { rawDocuments, rawObjects } from "#src/migration/raw-object.ts";

const pool = (namespace: string, kind = "IPAddressPool"): string =>
  `{ apiVersion: metallb.io/v1beta1, kind: ${kind}, metadata: { namespace: ${namespace}, name: lan }, spec: {} }`;
const config = (name: string, text = "address-pools: []"): string =>
  `{ apiVersion: v1, kind: ConfigMap, metadata: { namespace: metallb-system, name: ${name} }, data: { config: "${text}" } }`;
const speaker = (words: string, labels = "{ app: metallb, component: speaker }", image = "x"): string => `
apiVersion: apps/v1
kind: DaemonSet
metadata: { namespace: metallb-system, name: speaker, labels: ${labels} }
spec: { template: { spec: { containers: [{ name: speaker, image: "${image}", args: [${words}] }] } } }
`;
const found = (...documents: readonly string[]) =>
  findMetallb(rawObjects(rawDocuments(documents.join("\n---\n"))), "metallb-system");

describe("findMetallb()", () => {
  it.each([
    { name: "where it is looked for", documents: [pool("metallb-system")], namespace: "metallb-system" },
    { name: "where alone its pools are", documents: [pool("lb")], namespace: "lb" },
    { name: "where it is looked for, of two", documents: [pool("lb"), pool("metallb")], namespace: "metallb-system" },
    { name: "in no namespace that is written", documents: [pool('""')], namespace: "default" },
    {
      name: "in a list",
      documents: [`{ kind: List, items: [{ kind: List, items: [${pool("lb")}] }] }`],
      namespace: "lb",
    },
  ])("finds it $name", ({ documents, namespace }) => {
    expect(found(...documents).namespace).toBe(namespace);
  });

  it.each([
    { name: "pools", documents: [pool("lb")], era: "custom-resources", configMap: undefined },
    {
      name: "AddressPools alone",
      documents: [pool("lb", "AddressPool")],
      era: "custom-resources",
      configMap: undefined,
    },
    { name: "its ConfigMap", documents: [config("config")], era: "config-map", configMap: "config" },
    { name: "a ConfigMap named by Helm", documents: [config("my-lb")], era: "config-map", configMap: "my-lb" },
    {
      name: "one of two ConfigMaps",
      documents: [config("a"), config("config")],
      era: "config-map",
      configMap: "config",
    },
    { name: "two other ConfigMaps", documents: [config("a"), config("b")], era: undefined, configMap: undefined },
    {
      name: "a ConfigMap of another program",
      documents: [config("config", "log: x")],
      era: undefined,
      configMap: undefined,
    },
    {
      name: "a ConfigMap beside pools",
      documents: [config("config"), pool("metallb-system")],
      era: "custom-resources",
      configMap: "config",
    },
    {
      name: "advertisements without pools",
      documents: [pool("lb", "L2Advertisement")],
      era: undefined,
      configMap: undefined,
    },
  ])("knows its era by $name", ({ documents, era, configMap }) => {
    const metallb = found(...documents);
    expect([metallb.era, metallb.configMap?.name]).toEqual([era, configMap]);
  });

  it("takes the first of two AddressPools of one name", () => {
    const twice = [pool("lb", "AddressPool").replace("{} }", "{ first: true } }"), pool("lb", "AddressPool")];
    expect(found(...twice).addressPools.map(({ fields }) => fields["spec"])).toEqual([{ first: true }]);
  });

  it.each([
    { words: '"--lb-class=example.com/lb"', value: "example.com/lb" },
    { words: '"-lb-class=x"', value: "x" },
    { words: '"--lb-class", "x", "--port=1"', value: "x" },
    { words: '"--lb-class", "--port=1"', value: "true" },
    { words: '"--lb-class"', value: "true" },
    { words: '"--lb-class=a b"', value: undefined },
    { words: '"--lb-class="', value: undefined },
    { words: '"--port=1"', value: undefined },
  ])("reads the flag --lb-class of $words", ({ words, value }) => {
    expect(found(speaker(words)).speaker?.flags.get("lb-class")).toBe(value);
  });

  it.each([
    { name: "the labels of its manifests", text: speaker(""), isFound: true },
    {
      name: "the labels of Helm",
      text: speaker("", "{ app.kubernetes.io/name: metallb, app.kubernetes.io/component: speaker }"),
      isFound: true,
    },
    { name: "its image", text: speaker("", "{}", "quay.io/metallb/speaker:v0.15.2"), isFound: true },
    { name: "its image by digest", text: speaker("", "{}", "example.com/metallb-speaker@sha256:0"), isFound: true },
    { name: "another component", text: speaker("", "{ app: metallb, component: frr-k8s }"), isFound: false },
    { name: "another image", text: speaker("", "{}", "example.com/speaker:1"), isFound: false },
  ])("knows the speaker by $name", ({ text, isFound }) => {
    expect(found(text).speaker !== undefined).toBe(isFound);
  });
});
