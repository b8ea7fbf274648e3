import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { grantedCores } from "#src/process/granted-cores.ts";

const folder = mkdtempSync(join(tmpdir(), "hawser-cores-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("grantedCores()", () => {
  it.each([
    { text: "max 100000\n", cores: 8 },
    { text: "200000 100000\n", cores: 2 },
    { text: "150000 100000\n", cores: 2 },
    { text: "50000 100000\n", cores: 1 },
    { text: "1600000 100000\n", cores: 8 },
    { text: "0 100000\n", cores: 8 },
    { text: "nothing\n", cores: 8 },
    { text: "", cores: 8 },
    { text: undefined, cores: 8 },
  ])("is $cores of 8 where cpu.max is $text", ({ text, cores }) => {
    const file = join(folder, "cpu.max");
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
    expect(grantedCores(file, 8)).toBe(cores);
  });
});
