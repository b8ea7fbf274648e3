import { describe, expect, it } from "vitest";
import { readSpeakerReport } from "#src/model/speaker-report.ts";

const problem = { code: "HEARTBEAT_KEY_DIFFERS", where: "a", what: "b", why: "c", fix: "d", severity: "error" };
const { where, ...others } = problem;
/** As the reader has it: the place is what another program printed. */
const readProblem = { ...others, at: { kind: "reported", where, nodes: [] } };
const takeover = {
  at: "2026-11-28T12:00:00Z",
  cause: "MemberSilent",
  from: "n1",
  gained: 2,
  lost: 0,
  addresses: ["192.0.2.1-2"],
  silentMs: 96,
};

describe("readSpeakerReport()", () => {
  it("reads what there is, whatever the report holds", () => {
    const value = {
      ready: "yes",
      announcing: ["192.0.2.1-2", 7],
      ineligible: { NoSubnet: 2, Odd: "x" },
      members: [{ node: "n1" }, "n2", null],
      interfaces: "eth0",
    };
    expect(readSpeakerReport("speaker-n1", value)).toEqual({
      node: "n1",
      ready: false,
      standing: "",
      reportedAt: "",
      announcing: new Set(["192.0.2.1", "192.0.2.2"]),
      ineligible: { NoSubnet: 2 },
      members: new Set(["n1"]),
      interfaces: [],
      unheard: new Set(),
      unowned: [],
      problems: [],
      addressProblems: [],
      takeovers: [],
      answers: undefined,
      isShortened: false,
    });
  });

  it("L14 reads the addresses of a Problem, and none of what is not a list of them", () => {
    const named = (addresses: unknown) => ({ ...problem, addresses });
    const problems = [named(["192.0.2.1-2", "x"]), named("192.0.2.7"), named([]), { addresses: ["192.0.2.9"] }];
    expect(readSpeakerReport("speaker-n1", { problems })?.addressProblems).toEqual([
      { problem: readProblem, addresses: new Set(["192.0.2.1", "192.0.2.2"]) },
    ]);
    const many = Array.from({ length: 300 }, (_, index) => `10.0.${index}.1`);
    const read = readSpeakerReport("speaker-n1", { problems: [named(many)] });
    expect(read?.addressProblems[0]?.addresses.size).toBeLessThan(256);
  });

  it("ignores the reports of other programs", () => {
    expect(readSpeakerReport("prober-n1", { node: "n1", announcing: [] })).toBeUndefined();
  });

  it("reads what a speaker has not heard, what has no owner, problems and takeovers", () => {
    const unowned = [{ addresses: ["192.0.2.1-2", "x"], reasons: { NoSubnet: 2, NodeExcluded: "x" } }];
    const value = { unheard: ["n2", 7], unowned, problems: [problem], takeovers: [takeover] };
    expect(readSpeakerReport("speaker-n1", value)).toMatchObject({
      unheard: new Set(["n2"]),
      unowned: [{ addresses: new Set(["192.0.2.1", "192.0.2.2"]), reasons: { NoSubnet: 2 } }],
      problems: [readProblem],
      takeovers: [takeover],
    });
  });

  it.each([
    { name: "an older version's number", value: { unowned: 3, unheard: undefined } },
    {
      name: "nonsense",
      value: { unowned: "x", unheard: {}, problems: [7, { code: "OF_A_NEWER_VERSION" }], takeovers: 7 },
    },
  ])("finds nothing in $name", ({ value }) => {
    expect(readSpeakerReport("speaker-n1", value)).toMatchObject({
      unheard: new Set(),
      unowned: [],
      problems: [],
      takeovers: [],
    });
  });

  it.each(["96", -1, Number.NaN, null])("14 A reads a silence of %s as one that is not known", (silentMs) => {
    const read = readSpeakerReport("speaker-n1", { takeovers: [{ ...takeover, silentMs }] });
    expect(read?.takeovers[0]).not.toHaveProperty("silentMs");
  });

  it("reads a bounded number of each", () => {
    const many = <T>(one: T): T[] => Array.from({ length: 99 }, () => one);
    const value = { problems: many(problem), takeovers: many(takeover), unowned: many({ addresses: ["192.0.2.1"] }) };
    const read = readSpeakerReport("speaker-n1", value);
    expect([read?.problems.length, read?.takeovers.length, read?.unowned.length]).toEqual([16, 8, 16]);
  });
});
