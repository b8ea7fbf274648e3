import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type TarEntry, writeTar } from "#src/process/tar.ts";

const LONG = `${"folder/".repeat(20)}${"n".repeat(90)}`;

function archive(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...writeTar(entries)]);
}

function file(path: string, text: string, mode = 0o644): TarEntry {
  return { path, mode, content: Buffer.from(text) };
}

it("is read by the system's tar: contents, permissions, long paths, the directories above", () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-tar-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const block = "x".repeat(512);
  const entries = [file("usr/bin/run", "#!/bin/sh\n", 0o755), file("empty", ""), file("block", block), file(LONG, "é")];
  writeFileSync(join(directory, "a.tar"), archive([...entries, { path: "var/empty", mode: 0o700 }]));

  const { status, stderr } = spawnSync("tar", ["-xpf", "a.tar"], { cwd: directory, encoding: "utf8" });

  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(entries.map(({ path }) => readFileSync(join(directory, path), "utf8"))).toEqual([
    "#!/bin/sh\n",
    "",
    block,
    "é",
  ]);
  const modes = ["usr/bin/run", "empty", "usr", "var/empty"].map(
    (path) => statSync(join(directory, path)).mode & 0o777,
  );
  expect(modes).toEqual([0o755, 0o644, 0o755, 0o700]);
});

it("gives the same bytes whatever the order of the entries", () => {
  const entries = [file("b", "2"), file("a/c", "3"), file("a", "1")].filter(({ path }) => path !== "a");
  expect(archive([...entries].reverse())).toEqual(archive(entries));
});

it("refuses a path that the format cannot hold", () => {
  expect(() => archive([file("n".repeat(101), "")])).toThrow("too long for a tar archive");
  expect(() => archive([file(`${"f/".repeat(100)}n`.padEnd(300, "n"), "")])).toThrow("too long for a tar archive");
});
