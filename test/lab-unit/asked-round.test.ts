import { describe, expect, it } from "vitest";
import { askedRounds, mostOwners, printAskedLine, untilOneOwner } from "#lab/probes/asked-round.ts";

/** A question each 20 ms from 0 on, and who answered it. */
function rounds(...answers: readonly (readonly string[])[]) {
  return answers.map((macs, index) => ({ askedNs: BigInt(index * 20_000_000), macs }));
}

describe("askedRounds()", () => {
  it("groups answers by the question before, each machine once, and leaves the last question out", () => {
    const lines = [
      printAskedLine(["answered", "5", "a"]),
      printAskedLine(["asked", "10"]),
      printAskedLine(["answered", "11", "a"]),
      printAskedLine(["answered", "12", "b"]),
      printAskedLine(["answered", "13", "a"]),
      printAskedLine(["asked", "30"]),
      printAskedLine(["asked", "50"]),
      printAskedLine(["answered", "51", "b"]),
    ];
    expect(askedRounds(lines)).toEqual([
      { askedNs: 10n, macs: ["a", "b"] },
      { askedNs: 30n, macs: [] },
    ]);
  });
});

describe("mostOwners()", () => {
  it("counts from a time on", () => {
    expect(mostOwners(rounds(["a", "b", "c"], ["a"], ["a", "b"]), 1n)).toBe(2);
    expect(mostOwners([], 0n)).toBe(0);
  });
});

describe("untilOneOwner()", () => {
  it.each([
    { name: "at once", given: rounds(["a"], ["a"]), ms: 0 },
    { name: "after two", given: rounds(["a", "b"], ["a", "b"], ["b"], ["b"]), ms: 40 },
    { name: "after another one", given: rounds(["a"], ["b"], ["b"]), ms: 20 },
    { name: "whatever went unanswered", given: rounds(["a"], [], ["a"], []), ms: 0 },
    { name: "not with two at the end", given: rounds(["a"], ["a", "b"]), ms: undefined },
    { name: "not with none", given: rounds([], []), ms: undefined },
  ])("$name", ({ given, ms }) => expect(untilOneOwner(given, 0n)).toBe(ms));
});
