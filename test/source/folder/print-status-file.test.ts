import { describe, expect, it } from "vitest";
import { printStatusFile } from "#src/source/folder/print-status-file.ts";

describe("printStatusFile()", () => {
  it.each([
    {
      kind: "Service",
      says: /^# Written by Hawser: the status of Service shop\/a\.\n#.*\n#.*may get another address\./,
    },
    {
      kind: "IPAddressPool",
      says: /^# Written by Hawser: the status of IPAddressPool shop\/a\.\n#.*nothing else depends on it\.\n/,
    },
    { kind: "Ingress", says: /nothing else depends on it\.\n# Do not edit it/ },
  ] as const)("begins with what is true of a $kind", ({ kind, says }) => {
    const text = printStatusFile({ kind, namespace: "shop", name: "a" }, { status: { one: 1 }, annotations: {} });
    expect(text).toMatch(says);
    expect(text).toContain("status:\n  one: 1\n");
  });
});
