import { describe, expect, it } from "vitest";
import { findProblems } from "#src/check/find-problems.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { loadBalancer, pools } from "./found.ts";

const codesOf = (documents: readonly string[], isWhole: boolean) =>
  findProblems({ objects: parseManifests(documents.join("\n---\n"), "f").objects, isWhole, nowMs: 0 }).map(
    ({ code }) => code,
  );

describe("O7 findProblems() of a whole cluster", () => {
  const own = pools("name: p, addresses: [192.0.2.0/28]");
  const metallb = own.replace("name: hawser, namespace: hawser-system", "name: config, namespace: metallb-system");

  it.each([
    { name: "nothing where the configuration is there", documents: [own], isWhole: true, is: [] },
    { name: "that it is missing", documents: [loadBalancer("a")], isWhole: true, is: ["CONFIG_MAP_MISSING"] },
    {
      name: "that it is missing, and another one is there",
      documents: [metallb],
      isWhole: true,
      is: ["CONFIG_MAP_MISSING", "CONFIG_MAP_NOT_READ"],
    },
    { name: "nothing missing in a part of one", documents: [loadBalancer("a")], isWhole: false, is: [] },
  ])("says $name", ({ documents, isWhole, is }) => {
    expect(codesOf(documents, isWhole)).toEqual(is);
  });
});
