import { describe, expect, it } from "vitest";
import { between, gapAfter, lost, outageMs, type ProbeRecord } from "#lab/probes/gap.ts";

/** Probes every 10 ms; an answer takes 1 ms. `-` is a probe without answer. */
function probes(pattern: string): ProbeRecord[] {
  return Array.from(pattern, (mark, index) => ({
    sequence: index + 1,
    sentNs: ms(10 * index),
    receivedNs: mark === "-" ? undefined : ms(10 * index + 1),
    pod: mark === "-" ? undefined : "web-1",
    seenFrom: undefined,
    failure: undefined,
  }));
}

function ms(value: number): bigint {
  return BigInt(Math.round(value * 1_000_000));
}

describe("gapAfter()", () => {
  it.each([
    { name: "nothing lost: the next probe's answer", pattern: "++++++", faultMs: 25, gap: 6 },
    { name: "three lost", pattern: "+++---+++", faultMs: 25, gap: 36 },
    { name: "a probe sent before the fault does not count", pattern: "++++", faultMs: 10.5, gap: 10.5 },
    { name: "never well again", pattern: "+++----", faultMs: 25, gap: undefined },
    { name: "no probe at all", pattern: "", faultMs: 0, gap: undefined },
  ])("$name", ({ pattern, faultMs, gap }) => {
    expect(gapAfter(probes(pattern), ms(faultMs))).toBe(gap);
  });

  it("takes the first answer to arrive, whichever probe it answers", () => {
    const [first, second] = probes("++");
    if (first === undefined || second === undefined) throw new Error("two probes");
    const overtaken = { ...first, sentNs: ms(1), receivedNs: ms(30) };
    expect(gapAfter([overtaken, second], ms(0.5))).toBe(10.5);
  });
});

describe("lost() and between()", () => {
  it.each([
    { name: "all of them", fromMs: 0, toMs: 1000, count: 9, missing: 3 },
    { name: "the start is included", fromMs: 30, toMs: 31, count: 1, missing: 1 },
    { name: "the end is excluded", fromMs: 0, toMs: 30, count: 3, missing: 0 },
    { name: "an empty window", fromMs: 30, toMs: 30, count: 0, missing: 0 },
  ])("$name", ({ fromMs, toMs, count, missing }) => {
    const records = probes("+++---+++");
    expect(between(records, ms(fromMs), ms(toMs))).toHaveLength(count);
    expect(lost(records, ms(fromMs), ms(toMs))).toBe(missing);
  });
});

describe("outageMs()", () => {
  it.each([
    { name: "from the last answered before to the first of a quiet time", pattern: "+++---++++++", outage: 40 },
    { name: "a relapse within the quiet time counts", pattern: "+++---++-++++++", outage: 70 },
    { name: "a relapse after the quiet time does not", pattern: "+++---++++++----", outage: 40 },
    { name: "no loss: the spacing of the probes", pattern: "+++++++++", outage: 10 },
    { name: "the records end before the quiet time", pattern: "+++---+++", outage: undefined },
    { name: "nothing answered before the fault", pattern: "------++++++++", outage: undefined },
  ])("$name", ({ pattern, outage }) => {
    expect(outageMs(probes(pattern), ms(25), 50)).toBe(outage);
  });
});
