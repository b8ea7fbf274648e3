import { describe, expect, it } from "vitest";
import { showSourceIn } from "#controller/show-source-in.ts";
import type { Problem } from "#src/model/problem.ts";
import { createHealth } from "#src/process/health.ts";

const problem = (code: Problem["code"], url: string): Problem => ({
  code,
  at: { kind: "url", url },
  what: "Cannot read from the Kubernetes API",
  why: "it is as it is",
  fix: "Look at it",
  severity: "error",
});
const wentBack = (url: string): Problem => problem("API_SERVER_WENT_BACK", url);
const unreachable = (url: string): Problem => problem("API_SERVER_UNREACHABLE", url);

describe("an API server that went back, in /readyz", () => {
  it.each<{ name: string; told: readonly (readonly [string, readonly Problem[]])[]; shown: string | undefined }>([
    { name: "is shown", told: [["services", [wentBack("/services")]]], shown: "/services" },
    {
      name: "stays shown when another place cannot be reached",
      told: [
        ["services", [wentBack("/services")]],
        ["leases", [unreachable("/leases")]],
      ],
      shown: "/services",
    },
    {
      name: "stays shown when all is well in another place",
      told: [
        ["services", [wentBack("/services")]],
        ["leases", []],
      ],
      shown: "/services",
    },
    {
      name: "is shown for a second place when the first is well again",
      told: [
        ["services", [wentBack("/services")]],
        ["nodes", [wentBack("/nodes")]],
        ["services", []],
      ],
      shown: "/nodes",
    },
    {
      name: "is shown no longer when that place is well again",
      told: [
        ["services", [wentBack("/services")]],
        ["services", []],
      ],
      shown: undefined,
    },
    { name: "is not what cannot be reached", told: [["services", [unreachable("/services")]]], shown: undefined },
  ])("$name", ({ told, shown }) => {
    const health = createHealth(["source"]);
    const show = showSourceIn(health);
    for (const [where, problems] of told) show(where, problems);
    expect(health.ready()).toBe(shown === undefined);
    expect(health.report()).toMatch(
      shown === undefined ? /^\[\+\] source$/m : /^\[-\] source: .*API_SERVER_WENT_BACK/m,
    );
    expect(health.report()).toContain(shown ?? "");
  });
});
