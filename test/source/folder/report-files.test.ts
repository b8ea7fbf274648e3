import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ReportFiles } from "#src/source/folder/report-files.ts";
import { reportPath } from "#src/source/folder/status-path.ts";

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function made(): Promise<{ files: ReportFiles; put(name: string, text: string): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-reports-"));
  directories.push(directory);
  return {
    files: new ReportFiles({ directory, topic: "report", nowMs: () => 0 }),
    async put(name, text) {
      const path = reportPath(directory, "report", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
  };
}

describe("ReportFiles", () => {
  it("shows the same map, and says that nothing changed, until a file has another text", async () => {
    const { files, put } = await made();
    await put("speaker-n1", "ready: true\n");
    expect(await files.read("speaker-n1")).toBe(true);
    const before = files.all();
    expect([...before]).toEqual([["speaker-n1", { ready: true }]]);
    expect(await files.read("speaker-n1")).toBe(false);
    expect(files.all()).toBe(before);
    await put("speaker-n1", "ready: false\n");
    expect(await files.read("speaker-n1")).toBe(true);
    expect([...files.all()]).toEqual([["speaker-n1", { ready: false }]]);
    expect([...before]).toEqual([["speaker-n1", { ready: true }]]);
  });

  it.each([
    ["is broken", "ready: [\n"],
    ["is no map", "- 1\n"],
    ["is empty", ""],
  ])("shows no report of a file that %s, and one again once it is mended", async (_what, text) => {
    const { files, put } = await made();
    await put("speaker-n1", "ready: true\n");
    await files.read("speaker-n1");
    expect(files.all().size).toBe(1);
    await put("speaker-n1", text);
    await files.read("speaker-n1");
    expect(files.all().size).toBe(0);
    await put("speaker-n1", "ready: true\n");
    expect(await files.read("speaker-n1")).toBe(true);
    expect(files.all().size).toBe(1);
  });

  it("shows what it wrote itself at once, says at the next look that it changed, and shows what is gone no longer", async () => {
    const { files } = await made();
    await files.write("speaker-n2", { node: "n2" });
    expect(files.all().get("speaker-n2")).toMatchObject({ node: "n2", reportedAt: new Date(0).toISOString() });
    expect(await files.read("speaker-n2")).toBe(true);
    expect(await files.read("speaker-n2")).toBe(false);
    expect(files.all().get("speaker-n2")).toMatchObject({ node: "n2" });
    await files.close();
    expect(await files.read("speaker-n2")).toBe(true);
    expect(files.all().size).toBe(0);
    expect(await files.read("speaker-n3")).toBe(false);
  });
});
