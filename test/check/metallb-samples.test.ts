import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { planAssignments } from "#src/assignment/plan.ts";
import { readConfiguration } from "#src/configuration/read-configuration.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { parseService } from "#src/model/service.ts";
import { snapshot, summary } from "#test/assignment/build.ts";
import { describeConfiguration, valueOf } from "#test/model/build.ts";
import { findingsIn } from "./found.ts";

const folder = new URL("../golden/metallb/", import.meta.url);
const END = ".out.yaml";
/**
 * Objects of the shapes that MetalLB documents, with our names and addresses; the first line of each says which one it is
 * modelled on: configsamples and the website of 0.16.1, manifests and the website of 0.12.1, the last with a ConfigMap.
 */
const samples = globSync("{config-map,custom-resources}/*.yaml", { cwd: folder })
  .filter((file) => !file.endsWith(END))
  .sort();
/** What MetalLB itself does not accept either. */
const REFUSED = "config-map/annotated.yaml";
/** A pool of BGP is read, and an error in this page: no Service gets an address of it. */
const ALLOWED = new Set(["POOL_PROTOCOL_BGP"]);

function textOf(file: string): string {
  return readFileSync(new URL(file, folder), "utf8");
}

/** What is found in a sample, what it configures, and what the controller does for the Services in it. */
function read(file: string) {
  const text = textOf(file);
  const found = findingsIn([text], { configMap: "metallb-system/config" });
  const { objects } = parseManifests(text, file);
  const configMap = objects.find(({ kind }) => kind === "ConfigMap");
  const resources = objects.filter(({ kind }) => (METALLB_KINDS as readonly string[]).includes(kind));
  const { configuration, isStale } = readConfiguration(configMap, resources, "metallb-system");
  const services = objects.filter(({ kind }) => kind === "Service").map((one) => valueOf(parseService(one)));
  const plan = planAssignments(snapshot(configuration?.pools, services));
  return { found, configuration, isStale, services: summary(plan) };
}

describe("what MetalLB documents", () => {
  it.each(samples)("%s is accepted as it is", (file) => {
    const { found, configuration, isStale } = read(file);
    const errors = found.filter(({ severity, code }) => severity === "error" && !ALLOWED.has(code));
    if (file === REFUSED) {
      expect([configuration, isStale]).toEqual([undefined, true]);
      expect(errors.map(({ code }) => code)).toEqual(["FIELD_INVALID", "FIELD_INVALID"]);
    } else expect([errors, configuration !== undefined, isStale]).toEqual([[], true, false]);
  });

  it.each(samples)("%s comes to", async (file) => {
    const { found, configuration, services } = read(file);
    const shown = {
      findings: found.map(({ severity, code, what }) => `${severity} ${code}: ${what}`),
      configuration: configuration === undefined ? "none" : describeConfiguration(configuration),
      ...(Object.keys(services).length === 0 ? {} : { services }),
    };
    const out = new URL(file.replace(".yaml", END), folder);
    await expect(stringify(shown, { lineWidth: 0 })).toMatchFileSnapshot(out.pathname);
  });

  it("in one installation, only what is for BGP is reported", () => {
    const findings = findingsIn([textOf("samples.yaml")]);
    expect(findings.filter(({ code }) => code !== "BGP_NOT_SERVED")).toEqual([]);
    expect(findings.map(({ severity }) => severity)).toEqual(Array.from({ length: 5 }, () => "warning"));
  });
});
