import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findingsIn } from "./found.ts";

it("accepts objects of the shapes that MetalLB documents as they are, and reports only what is for BGP", () => {
  const text = readFileSync(new URL("../golden/metallb/samples.yaml", import.meta.url), "utf8");
  const findings = findingsIn([text]);
  expect(findings.filter(({ code }) => code !== "BGP_NOT_SERVED")).toEqual([]);
  expect(findings.map(({ severity }) => severity)).toEqual(Array.from({ length: 5 }, () => "warning"));
});
