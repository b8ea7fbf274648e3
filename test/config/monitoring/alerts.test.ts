import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ALERT_GROUPS } from "#scripts/monitoring/alert-groups.ts";
import { RUNBOOKS } from "#scripts/monitoring/render-rules.ts";
import { writtenFiles } from "#scripts/monitoring/written-files.ts";
import { config } from "#test/config/kustomization.ts";
import type { AlertCase } from "./alert-case.ts";
import { ALERT_CASES } from "./alert-cases.ts";
import { findUnknown } from "./find-unknown.ts";
import { knownMetric } from "./known-metrics.ts";
import { promtool, runPromtool } from "#test/support/promtool.ts";

if (promtool === undefined)
  console.log("skipped: promtool is not installed (Debian package prometheus), no alert is evaluated");

const folder = join(config, "monitoring");
const alerts = ALERT_GROUPS.flatMap((group) => group.alerts);

/** One test of promtool: what an alert says at a time. */
function testOf({ alert, what, at, every = "1m", series, fires }: AlertCase): object {
  const { severity, summary } = alerts.find(({ name }) => name === alert) ?? {};
  const fired = fires && {
    exp_labels: { ...fires.labels, severity },
    exp_annotations: { summary, description: fires.says, runbook_url: `${RUNBOOKS}${alert}.md` },
  };
  return {
    name: `${alert}: ${what}`,
    interval: every,
    input_series: series.map((one) => ({ series: one.series, values: one.values })),
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: fired === undefined ? [] : [fired] }],
  };
}

/** The program that exports a metric, by its name. */
function programOf(metric: string): string {
  return /^hawser_(speaker|ingress)_/.exec(metric)?.[1] ?? "controller";
}

describe("the alerts of scripts/monitoring", () => {
  it.each(Object.entries(writtenFiles()))(
    "config/monitoring/%s is up to date (node scripts/manifests.js)",
    (path, text) => {
      expect(readFileSync(join(folder, path), "utf8")).toBe(text);
    },
  );

  it("have names of their own, and each a case in which it fires and one in which it does not", () => {
    const names = alerts.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const name of names) expect(name).toMatch(/^Hawser[A-Z][A-Za-z]+$/);
    const of = (doesFire: boolean) =>
      new Set(ALERT_CASES.filter(({ fires }) => (fires !== undefined) === doesFire).map(({ alert }) => alert));
    expect([of(true), of(false)]).toEqual([new Set(names), new Set(names)]);
  });

  it.each(alerts)("$name names metrics, labels and values that the programs export", ({ expr }) => {
    expect(findUnknown(expr)).toEqual([]);
  });

  it("are tested with series that the programs export, with all of their labels", () => {
    for (const { metric, labels, program } of ALERT_CASES.flatMap(({ series }) => series)) {
      expect([metric, Object.keys(labels).toSorted()]).toEqual([metric, knownMetric(metric)?.labels.toSorted()]);
      if (metric.startsWith("hawser_") && metric !== "hawser_build_info")
        expect([metric, programOf(metric)]).toEqual([metric, program]);
    }
  });

  it.skipIf(promtool === undefined).each(["1m", "15m"] as const)(
    "fire, and do not, as promtool finds with a look each %s",
    (every) => {
      const tests = {
        rule_files: [join(folder, "prometheus/hawser.rules.yaml")],
        evaluation_interval: every,
        tests: ALERT_CASES.filter((one) => (one.every ?? "1m") === every).map(testOf),
      };
      expect(tests.tests.length).toBeGreaterThan(5);
      const { status, said } = runPromtool(
        ["test", "rules"],
        stringify(tests, { lineWidth: 0, aliasDuplicateObjects: false }),
      );
      expect([said.replaceAll(/^(?:Unit Testing: .*| *SUCCESS)\n/gm, "").trim(), status]).toEqual(["", 0]);
    },
  );
});

describe("findUnknown()", () => {
  it.each([
    { expr: 'sum(hawser_speaker_members{pod=~"$pod"}) by (node)', unknown: [] },
    { expr: "rate(hawser_plan_seconds_bucket[5m])", unknown: [] },
    { expr: "hawser_speaker_peers > 0", unknown: ["metric hawser_speaker_peers"] },
    { expr: "hawser_speaker_members_bucket", unknown: ["metric hawser_speaker_members_bucket"] },
    { expr: 'hawser_services{status="pending"}', unknown: ["label status of hawser_services"] },
    { expr: 'hawser_services{state="waiting"}', unknown: ["value waiting of state of hawser_services"] },
    { expr: 'hawser_services{state=~"pend.+|hope"}', unknown: ["value pend.+|hope of state of hawser_services"] },
    {
      expr: "sum by (state) (hawser_speaker_members)",
      unknown: ["label state in sum by (state) (hawser_speaker_members)"],
    },
    { expr: "1 > 0", unknown: ["no metric in 1 > 0"] },
  ])("finds $unknown in $expr", ({ expr, unknown }) => expect(findUnknown(expr)).toEqual(unknown));
});
