import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readConfiguration } from "#src/configuration/read-configuration.ts";
import type { Configuration } from "#src/model/configuration.ts";
import { parseManifests } from "#src/model/manifest.ts";
import type { KubeObject } from "#src/model/object.ts";
import { configMap, describeConfiguration } from "#test/model/build.ts";

const folder = new URL("../golden/configuration/both-ways/", import.meta.url);
const END = ".config-map.yaml";
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(END))
  .map((name) => name.slice(0, -END.length));

function textOf(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** A configuration without the names of advertisements and peers, and without where these and pools are from. */
function meaning({ pools, advertisements, peers, ...rest }: Configuration): string {
  const value = {
    ...rest,
    pools: pools.map(({ resource: _resource, ...pool }) => pool),
    advertisements: advertisements.map(({ resource: _resource, ...one }) => ({ ...one, name: "" })),
    // MetalLB's old format has no names of peers; the time of keep-alives follows from the hold time.
    peers: peers.map(({ keepaliveTimeSeconds: _time, ...peer }) => ({ ...peer, name: "" })),
  };
  return stringify(describeConfiguration(value), { lineWidth: 0, sortMapEntries: true });
}

function read(object: KubeObject | undefined, resources: readonly KubeObject[] = []): string {
  const { configuration, problems } = readConfiguration(object, resources, "metallb-system");
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return configuration === undefined ? "none" : meaning(configuration);
}

describe("one configuration as ConfigMap and as custom resources", () => {
  it.each(cases)("%s comes to the same", async (name) => {
    const ofMap = read(configMap(textOf(`${name}${END}`)));
    const { objects } = parseManifests(textOf(`${name}.custom-resources.yaml`), "in.yaml");
    await expect(ofMap).toMatchFileSnapshot(new URL(`${name}.out.yaml`, folder).pathname);
    expect(read(undefined, objects)).toBe(ofMap);
  });
});
