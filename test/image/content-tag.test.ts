import { describe, expect, it } from "vitest";
import { contentTag } from "#scripts/image/content-tag.ts";
import { root } from "#test/docs/page.ts";

const program = (content: string, path = "opt/hawser/cli/main.js") => ({
  path,
  mode: 0o644,
  content: Buffer.from(content),
});

describe("contentTag()", () => {
  const tag = contentTag(root, "0.1.0", [program("a")]);
  it.each([
    { name: "another program", programs: [program("b")], isSame: false },
    { name: "a program of another name", programs: [program("a", "opt/hawser/cli/other.js")], isSame: false },
    { name: "the same", programs: [program("a")], isSame: true },
    {
      name: "the native module of another architecture",
      programs: [program("a"), program("x", "opt/hawser/native/prebuilt/linux-arm64.node")],
      isSame: true,
    },
  ])("O13 changes with the content: $name", ({ programs, isSame }) => {
    expect(tag).toMatch(/^0\.1\.0-[0-9a-f]{10}$/);
    expect(contentTag(root, "0.1.0", programs) === tag).toBe(isSame);
  });
});
