import { describe, expect, it } from "vitest";
import { Registry } from "prom-client";
import { createControllerMetrics } from "#controller/metrics.ts";
import { Counters } from "#ingress/engine/counters.ts";
import { registerIngressMetrics } from "#ingress/metrics.ts";
import { createSpeakerMetrics } from "#speaker/metrics.ts";
import { createRegistry } from "#src/process/metrics.ts";
import { read, root, tableOf, withTable } from "./page.ts";

function filled(fill: (registry: Registry) => unknown): Registry {
  const registry = new Registry();
  fill(registry);
  return registry;
}

/** The file that registers metrics -> a registry with these. */
const registries: Readonly<Record<string, Registry>> = {
  "controller/metrics.ts": filled(createControllerMetrics),
  "speaker/metrics.ts": filled(createSpeakerMetrics),
  "ingress/metrics.ts": filled((registry) =>
    registerIngressMetrics(registry, {
      counters: new Counters(),
      health: { ejections: 0, ejectedCount: 0 },
      problemCount: () => 0,
      leads: () => false,
      statusWrites: () => 0,
    }),
  ),
  "src/process/metrics.ts": createRegistry("test"),
};

/** A metric as it is registered: prom-client's own type leaves out most of this. */
interface Described {
  readonly name: string;
  readonly labelNames?: readonly string[];
  get(): Promise<{ readonly name: string; readonly type: string; readonly help: string }>;
}

/** What prom-client says of a process has names of its own. */
const isOurs = ({ name }: Described): boolean => name.startsWith("hawser_");

function metricsOf(registry: Registry): readonly Described[] {
  return (registry.getMetricsAsArray() as unknown as readonly Described[]).filter(isOurs);
}

async function rowsOf(registry: Registry): Promise<string[][]> {
  return Promise.all(
    metricsOf(registry).map(async (metric) => {
      const { name, type, help } = await metric.get();
      const labels = (metric.labelNames ?? []).map((label) => `\`${label}\``).join(", ");
      return [`\`${name}\``, type, labels, help.replace(/\.?$/, ".")];
    }),
  );
}

describe("docs/metrics.md", () => {
  const written = read("docs/metrics.md");

  it("lists every metric of the programs, and none that does not exist", () => {
    const listed = [...written.matchAll(/^\| `(hawser_[a-z_]+)` \|/gm)].map((match) => match[1]);
    const registered = Object.values(registries).flatMap(metricsOf);
    expect(registered.length).toBeGreaterThan(20);
    expect(listed).toEqual(registered.map(({ name }) => name));
  });

  it("says of each what the program says (`npm test -- test/docs -u` writes it anew)", async () => {
    let text = written;
    for (const [source, registry] of Object.entries(registries))
      text = withTable(text, source, tableOf(["Metric", "Type", "Labels", "Meaning"], await rowsOf(registry)));
    await expect(text).toMatchFileSnapshot(`${root}docs/metrics.md`);
  });

  it("has base units in names, and _total on counters only", async () => {
    for (const registry of Object.values(registries))
      for (const metric of metricsOf(registry)) {
        const { name, type } = await metric.get();
        expect(`${name} ${name.endsWith("_total")}`).toBe(`${name} ${type === "counter"}`);
        expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb|percent)\b/);
      }
  });
});
