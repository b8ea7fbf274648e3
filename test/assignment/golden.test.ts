import { globSync, readFileSync } from "node:fs";
import { printIp } from "#src/ip/address.ts";
import { planAssignments } from "#src/assignment/plan.ts";
import type { PoolUsage } from "#src/assignment/snapshot.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { hostAddressesOf } from "#src/model/host-addresses.ts";
import { parseNode } from "#src/model/node.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import type { Parsed } from "#src/model/problem.ts";
import { parseService, type Service } from "#src/model/service.ts";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { snapshot } from "./build.ts";

const folder = new URL("../golden/assignment/", import.meta.url);
const cases = globSync("*.in.yaml", { cwd: folder }).sort();

function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** All counts of a pool; what Services have only where that is less than what is in use. */
function shownUsage({ assigned, ...rest }: PoolUsage): object {
  return assigned === rest.used ? rest : { ...rest, assigned };
}

/** The plan as a person reviews it. */
function planOf(text: string, file: string): string {
  const { objects } = parseManifests(text, file);
  const configs = objects.filter(({ kind }) => kind === "ConfigMap");
  const services = objects.filter(({ kind }) => kind === "Service").map((one): Service => valueOf(parseService(one)));
  const nodes = objects.filter(({ kind }) => kind === "Node").map((one) => parseNode(one).value);
  const pools = configs.flatMap((one) => valueOf(fromConfigMap(one)).pools);
  const plan = planAssignments(snapshot(pools, services, { hostAddresses: hostAddressesOf(nodes) }));
  const shown = [...plan.assignments].map(([key, { addresses, released, ...rest }]) => {
    const lost = released.map((one) => ({ ...one, ip: printIp(one.ip) }));
    return [
      key,
      { ...rest, addresses: addresses.map(printIp), ...(lost.length > 0 ? { released: lost } : {}) },
    ] as const;
  });
  return stringify({ assignments: Object.fromEntries(shown), pools: plan.pools.map(shownUsage) }, { lineWidth: 0 });
}

describe("planAssignments() golden cases", () => {
  it("finds its cases", () => expect(cases.length).toBeGreaterThanOrEqual(4));

  it.each(cases)("%s", async (name) => {
    const file = new URL(name, folder);
    const out = new URL(name.replace(".in.yaml", ".out.yaml"), folder);
    await expect(planOf(readFileSync(file, "utf8"), name)).toMatchFileSnapshot(out.pathname);
  });
});
