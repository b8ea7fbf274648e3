import { mkdtemp, rm, utimes, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FileTree } from "#src/source/folder/file-tree.ts";
import { FolderView } from "#src/source/folder/folder-view.ts";
import { ReportFiles } from "#src/source/folder/report-files.ts";
import { StatusFiles } from "#src/source/folder/status-files.ts";
import { acceptsFile, acceptsName, reportPath } from "#src/source/folder/status-path.ts";
import type { ReportTopic } from "#src/source/source.ts";

const directories: string[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

const nowMs = (): number => 0;

/** A view that reads the records of members, and no other reports; `look` is one look of a program at the whole folder. */
async function made() {
  const root = await mkdtemp(join(tmpdir(), "hawser-view-"));
  directories.push(root);
  const topics = ["member"] as const;
  const filesOf = (topic: ReportTopic): ReportFiles => new ReportFiles({ directory: root, topic, nowMs });
  const [report, member, history, capture] = (["report", "member", "history", "capture"] as const).map(filesOf);
  if (!report || !member || !history || !capture) return expect.fail();
  const tree = new FileTree({
    root,
    acceptsName: (parent, name) => acceptsName(root, { parent, name, topics }),
    acceptsFile,
    nowMs,
  });
  const problems = new Map<string, readonly string[]>();
  const onReports = vi.fn<() => void>();
  const view = new FolderView({
    directory: root,
    kinds: [],
    listener: {
      onChange: () => undefined,
      onProblems: (where, found) =>
        void problems.set(
          where,
          found.map(({ why }) => why),
        ),
      onReports,
    },
    statuses: new StatusFiles({ directory: root, nowMs }),
    reports: { report, member, history, capture },
    topics,
    tree,
    keepsLines: false,
    onGone: () => undefined,
  });
  return {
    report,
    member,
    onReports,
    problems,
    pathOf: (topic: ReportTopic, name: string) => reportPath(root, topic, name),
    look: async () => view.take(await tree.look("all"), true),
  };
}

describe("FolderView and reports", () => {
  it("reads one again that it could not read, though its file stays as it is", async () => {
    const { member, onReports, problems, pathOf, look } = await made();
    const path = pathOf("member", "member-n1");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "node: n1\n");
    await utimes(path, 1_000_000, 1_000_000);
    const error = Object.assign(new Error("too many open files"), { code: "EMFILE" });
    vi.spyOn(member, "read").mockRejectedValueOnce(error);
    await look();
    expect(problems.get(path)).toEqual([expect.stringContaining("(EMFILE)")]);
    expect([member.all().size, onReports.mock.calls.length]).toEqual([0, 0]);
    await look();
    expect(problems.get(path)).toEqual([]);
    expect([...member.all().keys()]).toEqual(["member-n1"]);
    await look();
    expect(onReports).toHaveBeenCalledTimes(1);
  });

  it("shows an own one no longer that went before any look, and tells so once", async () => {
    const { member, onReports, pathOf, look } = await made();
    await look();
    await member.write("member-n1", { node: "n1" });
    expect(member.all().size).toBe(1);
    await rm(pathOf("member", "member-n1"));
    await look();
    expect([member.all().size, onReports.mock.calls.length]).toEqual([0, 1]);
    await look();
    expect(onReports).toHaveBeenCalledTimes(1);
  });

  it("tells nothing of own ones of a topic that it does not read", async () => {
    const { report, onReports, look } = await made();
    await report.write("speaker-n1", { node: "n1" });
    await look();
    expect([report.all().size, onReports.mock.calls.length]).toEqual([1, 0]);
  });
});
