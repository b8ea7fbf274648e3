import { spawnSync } from "node:child_process";
import { link, mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ReportFiles } from "#src/source/folder/report-files.ts";
import { reportPath } from "#src/source/folder/status-path.ts";

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

interface Made {
  readonly files: ReportFiles;
  pathOf(name: string): string;
  put(name: string, text: string): Promise<void>;
}

async function made(): Promise<Made> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-reports-"));
  directories.push(directory);
  const pathOf = (name: string): string => reportPath(directory, "report", name);
  return {
    files: new ReportFiles({ directory, topic: "report", nowMs: () => 0 }),
    pathOf,
    async put(name, text) {
      const path = pathOf(name);
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

  it("shows its own report no longer if that is gone before it was ever read, and tells so", async () => {
    const { files, pathOf } = await made();
    await files.write("speaker-n2", { node: "n2" });
    expect([...files.all().keys()]).toEqual(["speaker-n2"]);
    await rm(pathOf("speaker-n2"));
    expect(await files.read("speaker-n2")).toBe(true);
    expect([...files.all().keys()]).toEqual([]);
    expect(await files.read("speaker-n2")).toBe(false);
  });

  it("shows what another hand put back in place of its own report", async () => {
    const { files, put } = await made();
    await put("speaker-n2", "node: before\n");
    await files.read("speaker-n2");
    await files.write("speaker-n2", { node: "n2" });
    await put("speaker-n2", "node: before\n");
    expect(await files.read("speaker-n2")).toBe(true);
    expect(files.all().get("speaker-n2")).toEqual({ node: "before" });
  });

  it("passes over what a read finds that began before its own report was written", async () => {
    const { files, put, pathOf } = await made();
    await put("other", "");
    // A program that reads it waits for what is written to it.
    expect(spawnSync("mkfifo", [pathOf("speaker-n2")]).status).toBe(0);
    await link(pathOf("speaker-n2"), pathOf("pipe"));
    const reading = files.read("speaker-n2");
    const pipe = await open(pathOf("pipe"), "w");
    await files.write("speaker-n2", { node: "n2" });
    await pipe.writeFile("node: before\n");
    await pipe.close();
    expect(await reading).toBe(false);
    expect(files.all().get("speaker-n2")).toMatchObject({ node: "n2" });
    expect(await files.read("speaker-n2")).toBe(true);
  });

  it("knows the files of what it read and wrote, until they are gone", async () => {
    const { files, put, pathOf } = await made();
    await put("speaker-n1", "ready: true\n");
    await files.read("speaker-n1");
    await files.write("speaker-n2", { node: "n2" });
    expect(files.paths()).toEqual([pathOf("speaker-n1"), pathOf("speaker-n2")]);
    await rm(pathOf("speaker-n1"));
    await files.read("speaker-n1");
    expect(files.paths()).toEqual([pathOf("speaker-n2")]);
  });

  it("rejects where the file is there and cannot be read, and shows what it said last", async () => {
    const { files, put, pathOf } = await made();
    await put("speaker-n1", "ready: true\n");
    await files.read("speaker-n1");
    const before = files.all();
    // A regular file whose first byte nobody can read, not even root.
    await symlink("/proc/self/mem", pathOf("link"));
    await rename(pathOf("link"), pathOf("speaker-n1"));
    await expect(files.read("speaker-n1")).rejects.toMatchObject({ code: "EIO" });
    expect(files.all()).toBe(before);
    await rm(pathOf("speaker-n1"));
    await put("speaker-n1", "ready: true\n");
    expect(await files.read("speaker-n1")).toBe(false);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ["a folder", async (path) => mkdir(path)],
    ["a link to itself", async (path) => symlink(path, path)],
    ["a link to nothing", async (path) => symlink(`${path}.none`, path)],
  ])("takes %s for no report", async (_what, make) => {
    const { files, put, pathOf } = await made();
    await put("speaker-n1", "ready: true\n");
    await files.read("speaker-n1");
    await rm(pathOf("speaker-n1"));
    await make(pathOf("speaker-n1"));
    expect(await files.read("speaker-n1")).toBe(true);
    expect(files.all().size).toBe(0);
  });
});
