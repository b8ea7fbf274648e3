import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isBearer, openTokenFile } from "#src/process/open-token-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-token-"));
});
afterEach(async () => rm(folder, { recursive: true }));

describe("F openTokenFile()", () => {
  it("reads the token each time, without the end of its line", async () => {
    const file = join(folder, "token");
    await writeFile(file, "one\n");
    const opened = await openTokenFile("--state-token-file", file);
    if (!opened.ok || opened.value === undefined) expect.fail("it can be read");
    expect(await opened.value()).toBe("one");
    await writeFile(file, "two");
    expect(await opened.value()).toBe("two");
  });

  it("needs no file", async () => {
    expect(await openTokenFile("--state-token-file", undefined)).toEqual({ ok: true, value: undefined, problems: [] });
  });

  it.each([
    { text: "", why: "it is empty" },
    { text: " \n", why: "it is empty" },
    { text: "two words", why: "it is not one word of visible ASCII" },
    { text: "x".repeat(4_097), why: "it is not one word of visible ASCII" },
    { text: undefined, why: "ENOENT" },
  ])("says $why", async ({ text, why }) => {
    const file = join(folder, "token");
    if (text !== undefined) await writeFile(file, text);
    const { problems } = await openTokenFile("--state-token-file", file);
    expect(problems).toMatchObject([{ code: "OPTION_INVALID", why }]);
    expect(JSON.stringify(problems)).not.toMatch(/two words|xxx/);
  });
});

describe("F isBearer()", () => {
  it.each([
    { authorization: "Bearer abc", is: true },
    { authorization: "bearer  abc ", is: true },
    { authorization: "Bearer abcd", is: false },
    { authorization: "Bearer ab", is: false },
    { authorization: "Bearer", is: false },
    { authorization: "Basic abc", is: false },
    { authorization: "abc", is: false },
    { authorization: undefined, is: false },
  ])("$authorization: $is", ({ authorization, is }) => expect(isBearer(authorization, "abc")).toBe(is));

  it("lets none in by an empty token", () => {
    for (const authorization of ["Bearer ", "", undefined]) expect(isBearer(authorization, "")).toBe(false);
  });
});
