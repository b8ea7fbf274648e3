import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { SPEAKER_METRIC_LABELS } from "#speaker/metric-labels.ts";
import { createSpeakerMetrics } from "#speaker/metrics.ts";

const closed = Object.entries(SPEAKER_METRIC_LABELS).flatMap(([name, labels]) =>
  Object.entries(labels).flatMap(([label, values]) =>
    name.endsWith("_total") && typeof values !== "string" ? [{ name, label, values }] : [],
  ),
);

describe("createSpeakerMetrics()", () => {
  // An alert by increase() does not see the first event of a series that begins with it.
  it.each(closed)("shows $name with each $label from the start", async ({ name, label, values }) => {
    const registry = new Registry();
    createSpeakerMetrics(registry);
    const text = await registry.metrics();
    expect(values.filter((value) => !text.includes(`${name}{${label}="${value}"} 0`))).toEqual([]);
  });

  it("goes on counting from there", async () => {
    const registry = new Registry();
    const metrics = createSpeakerMetrics(registry);
    metrics.setCounters({ announcementRounds: 0, labelled: { takeovers: { Vacant: 2 } } });
    expect(await registry.metrics()).toContain('hawser_speaker_takeovers_total{cause="Vacant"} 2');
  });
});
