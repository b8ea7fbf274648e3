import { describe, expect, it } from "vitest";
import { CHAPTERS } from "#lab/demo/tour.ts";
import { callCli } from "#test/cli/run-cli.ts";

describe("14 H the chapters of hawser demo --tour", () => {
  it("are those that its help names, and another one is an error that names them", async () => {
    const names = Object.keys(CHAPTERS).join(", ");
    expect((await callCli(["demo", "--help"])).stdout.replaceAll(/\s+/g, " ")).toContain(
      `these chapters alone: ${names} (`,
    );
    expect(await callCli(["demo", "--tour", "arp,nonsense"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `hawser demo: there is no chapter nonsense; there are ${names}\n`,
    });
  });
});
