import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "hawser-tree-"));
afterAll(() => rmSync(root, { recursive: true }));

describe("FileTree", () => {
  it("does not take its root for empty while no file can be opened", () => {
    writeFileSync(join(root, "all.yaml"), "");
    const program = `
      import { closeSync, openSync } from "node:fs";
      import { FileTree } from "#src/source/folder/file-tree.ts";
      const root = process.env.ROOT;
      const tree = new FileTree({ root, acceptsName: () => true, acceptsFile: () => true, nowMs: Date.now });
      const look = async () => {
        const { changed, removed, rootFault, faults } = await tree.look("all");
        return { changed, removed, rootFault, faults: [...faults] };
      };
      const open = [];
      try { for (;;) open.push(openSync("/dev/null")); } catch {}
      const without = await look();
      for (const descriptor of open) closeSync(descriptor);
      console.log(JSON.stringify([without, await look()]));`;
    const node = [process.execPath, "--input-type=module", "--eval", program];
    const limited = ["-c", 'ulimit -n 60 && exec "$@"', "sh", ...node];
    const { stdout } = spawnSync("sh", limited, { encoding: "utf8", env: { ...process.env, ROOT: root } });
    expect(JSON.parse(stdout)).toEqual([
      { changed: [], removed: [], rootFault: "EMFILE", faults: [] },
      { changed: [join(root, "all.yaml")], removed: [], faults: [] },
    ]);
  });
});
