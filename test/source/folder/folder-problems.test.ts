import { describe, expect, it } from "vitest";
import { folderMissing, pathUnreadable } from "#src/source/folder/folder-problems.ts";

const RAISE = "Raise the limit of open files, or find out what holds so many";

describe("what is said of a folder that cannot be read", () => {
  it.each([
    ["ENOENT", "it does not exist", "Create it, or name another one with --manifests"],
    ["EACCES", "this user may not read it (EACCES)", "Let this user read it"],
    ["EMFILE", "the program has as many open files as it may have (EMFILE)", RAISE],
    ["ENFILE", "the machine has as many open files as it may have (ENFILE)", RAISE],
    ["EIO", "EIO", "Create it, or name another one with --manifests"],
  ])("%s", (fault, why, fix) => {
    expect(folderMissing("/d", fault)).toMatchObject({
      why,
      fix: `${fix}; Hawser waits for it and keeps what it knows`,
    });
  });

  it.each([
    ["EMFILE", `${RAISE}; until then Hawser keeps using its last content`],
    ["EACCES", "Fix or remove it; until then Hawser keeps using its last content"],
  ])("of a file: %s", (fault, fix) => {
    expect(pathUnreadable("/d/a.yaml", fault)).toMatchObject({ fix });
  });
});
