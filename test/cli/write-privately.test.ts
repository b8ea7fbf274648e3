import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePrivately } from "#cli/write-privately.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = Buffer.from("report");

describe("writePrivately()", () => {
  it.each([
    { what: "a new file", prepare: () => undefined },
    {
      what: "a file that all may read",
      prepare: (file: string) => {
        writeFileSync(file, "a longer text from before");
        chmodSync(file, 0o666);
      },
    },
  ])("writes $what for its user alone", async ({ prepare }) => {
    const file = join(folder, "report");
    prepare(file);
    await writePrivately(file, bytes);
    expect(readFileSync(file, "utf8")).toBe("report");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["report"]);
  });

  it.each([
    {
      what: "a link to a file",
      says: "symbolic link",
      prepare: (file: string) => symlinkSync(join(folder, "theirs"), file),
    },
    {
      what: "a link to nothing",
      says: "symbolic link",
      prepare: (file: string) => symlinkSync("/nowhere/at/all", file),
    },
    { what: "a folder", says: "not a regular file", prepare: (file: string) => mkdirSync(file) },
  ])("writes nothing into $what", async ({ says, prepare }) => {
    const file = join(folder, "report");
    writeFileSync(join(folder, "theirs"), "kept");
    prepare(file);
    await expect(writePrivately(file, bytes)).rejects.toThrow(says);
    expect(readFileSync(join(folder, "theirs"), "utf8")).toBe("kept");
    expect(readdirSync(folder)).toEqual(["report", "theirs"]);
  });

  it("writes nothing into a socket", async () => {
    const file = join(folder, "report");
    const server = createServer().listen(file);
    try {
      await once(server, "listening");
      await expect(writePrivately(file, bytes)).rejects.toThrow("not a regular file");
    } finally {
      server.close();
    }
  });

  it("leaves nothing behind where it cannot write", async () => {
    await expect(writePrivately(join(folder, "no/folder"), bytes)).rejects.toThrow("ENOENT");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("gives devices the bytes", async () => {
    await writePrivately("/dev/null", bytes);
  });
});
