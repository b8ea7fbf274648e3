import { describe, expect, it } from "vitest";
import { outcomeOf } from "#src/source/kubernetes/api/outcome.ts";

describe("outcomeOf()", () => {
  it.each([
    { name: "no number", header: "soon", is: 1_000 },
    { name: "seconds", header: "3", is: 3_000 },
    { name: "a day", header: "86400", is: 60_000 },
    { name: "nothing", header: undefined, is: 1_000 },
  ])("reads a Retry-After of $name", ({ header, is }) => {
    expect(outcomeOf(429, header, "")).toMatchObject({ kind: "busy", retryAfterMs: is });
  });

  it("takes a success without JSON for a failure", () => {
    expect(outcomeOf(200, undefined, "<html>")).toMatchObject({ kind: "failed" });
  });
});
