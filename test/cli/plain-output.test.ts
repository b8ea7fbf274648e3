// What users write into objects is printed by no command so that it colours, hides or reorders what a terminal shows.
import { describe, expect, it } from "vitest";
import { printExplanation } from "#cli/print-explanation.ts";
import { printFinding } from "#cli/print-finding.ts";
import { printHistory } from "#cli/print-history.ts";
import { printLines } from "#cli/print-lines.ts";
import { printPlan } from "#cli/print-plan.ts";
import { printPools } from "#cli/print-pools.ts";
import { printRelease } from "#cli/print-release.ts";
import { printStatus } from "#cli/print-status.ts";
import { printTable } from "#cli/table.ts";
import { eachLine } from "#src/model/one-line.ts";

/** Overrides the direction, colours, has no width, and begins a line. */
const HOSTILE = "a\u202Eb\u001B[31mc\u200Bd\u2028e";
const PLAIN = String.raw`a\u{202e}b`;

const problem = {
  code: "SERVICE_PENDING",
  at: { kind: "part", name: HOSTILE },
  what: HOSTILE,
  why: HOSTILE,
  fix: HOSTILE,
};
const found = { ...problem, severity: "error", file: HOSTILE };
const row = { service: HOSTILE, from: HOSTILE, to: HOSTILE, result: "kept", why: HOSTILE };
const move = { service: HOSTILE, address: HOSTILE, from: HOSTILE, to: HOSTILE };
const service = {
  service: HOSTILE,
  served: false,
  reason: HOSTILE,
  message: HOSTILE,
  since: "2026-01-01T00:00:00Z",
  addresses: [{ ip: HOSTILE, pool: HOSTILE, owner: HOSTILE, certain: true, spares: [HOSTILE], orphaned: true }],
};
const status = {
  pools: [{ name: HOSTILE, size: "1", used: 1, autoAssign: true, ranges: [HOSTILE] }],
  services: [service, { ...service, addresses: [{ ...service.addresses[0], orphaned: false }] }],
  speakers: [],
  takeovers: [],
  leaders: [{ election: HOSTILE, holder: HOSTILE, leads: true, renewedAt: "2026-01-01T00:00:00Z" }],
  events: [
    {
      time: "",
      type: HOSTILE,
      reason: HOSTILE,
      about: { kind: HOSTILE, namespace: HOSTILE, name: HOSTILE },
      message: HOSTILE,
      count: 2,
    },
  ],
  problems: [problem],
  unknown: [],
};

describe("what commands print", () => {
  it.each([
    { name: "a table", text: printTable(["A"], [[HOSTILE]]) },
    { name: "status", text: printStatus(status as never, 0) },
    { name: "release", text: printRelease([row as never], false) },
    {
      name: "plan",
      text: printPlan({
        keep: 0,
        gain: [move],
        lose: [move],
        move: [move],
        orphan: [move],
        problems: [problem],
      } as never),
    },
    {
      name: "pools",
      text: printPools({
        pools: [
          {
            pool: HOSTILE,
            family: "ipv4",
            size: "1",
            used: "1",
            free: "0",
            orphaned: "1",
            resting: "0",
            excluded: "0",
          },
        ],
        problems: [problem],
      } as never),
    },
    {
      name: "history",
      text: printHistory({
        subject: { kind: "Service", service: HOSTILE },
        entries: [{ at: "", change: "assigned", address: HOSTILE, service: HOSTILE }],
        isCut: true,
      } as never),
    },
    {
      name: "explain",
      text: printExplanation({
        subject: { kind: "Service", namespace: HOSTILE, name: HOSTILE, addresses: [HOSTILE] },
        steps: [{ step: "pool", verdict: "ok", reason: HOSTILE, text: HOSTILE }],
        next: HOSTILE,
      } as never),
    },
    { name: "check", text: printFinding(found as never) },
    { name: "problems", text: printLines([found as never]) },
    { name: "a file", text: eachLine(`a: 1\nb: ${HOSTILE}\n`) },
  ])("has no control and no format character: $name", ({ text }) => {
    expect(text).toContain(PLAIN);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});
