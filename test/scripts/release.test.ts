import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { packChart } from "#scripts/release/pack-chart.ts";
import { releaseNotes } from "#scripts/release/release-notes.ts";
import { read, root } from "#test/docs/page.ts";

describe("releaseNotes()", () => {
  const changelog =
    "# Changelog\n\n## Unreleased\n\n- later\n\n## [1.1.0] - 2026-12-01\n\n### Added\n\n- [pools](docs/pools.md), [host](https://x.example)\n\n## 1.0.0\n\n- first\n";
  it.each([
    { version: "1.1.0", notes: "### Added\n\n- [pools](docs/pools.md), [host](https://x.example)\n" },
    { version: "1.0.0", notes: "- first\n" },
    { version: "Unreleased", notes: "- later\n" },
    { version: "1.0", notes: undefined },
  ])("finds what is said of $version", ({ version, notes }) => {
    expect(releaseNotes(changelog, version)).toBe(notes);
  });

  it("makes links to files of the repository lead to its host", () => {
    expect(releaseNotes(changelog, "1.1.0", "https://git.example/hawser/blob/v1.1.0")).toBe(
      "### Added\n\n- [pools](https://git.example/hawser/blob/v1.1.0/docs/pools.md), [host](https://x.example)\n",
    );
  });
});

describe("packChart()", () => {
  const image = { repository: "ghcr.io/example/hawser", tag: "0.1.0-abc", digest: `sha256:${"ab".repeat(32)}` };

  it("holds each file of the chart, with the image of the release in values.yaml", () => {
    const directory = mkdtempSync(join(tmpdir(), "hawser-pack-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const { status } = spawnSync("tar", ["--extract", "--directory", directory], {
      input: gunzipSync(packChart(root, image)),
    });
    expect(status).toBe(0);
    const list = (folder: string): readonly string[] => globSync("**/*.*", { cwd: folder }).toSorted();
    expect(list(join(directory, "hawser"))).toEqual(list(join(root, "charts/hawser")));
    const values = parse(readFileSync(join(directory, "hawser/values.yaml"), "utf8")) as { image: object };
    const before = parse(read("charts/hawser/values.yaml")) as { image: object };
    expect(values).toEqual({ ...before, image: { ...before.image, ...image } });
  });

  it("gives the same bytes again", () => {
    expect(Buffer.compare(packChart(root, image), packChart(root, image))).toBe(0);
  });
});

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}

describe.each(globSync(".github/workflows/*.yaml", { cwd: root }))("%s", (path) => {
  const workflow = parse(read(path)) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it("may only read by default, and uses actions of known owners at a version", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^(?:actions|sigstore)\/[a-z-]+@v\d+$/);
  });

  it("runs scripts of package.json with options that they have, and no user's text in a shell", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };
    for (const { run = "" } of steps) {
      // Names of tags and branches are text of a user: they come as variables.
      expect(run).not.toMatch(/\$\{\{ *github\./);
      for (const [, name = "", options = ""] of run.matchAll(/npm run (?:--silent )?([a-z:]+)([^\n]*)/g)) {
        expect(Object.keys(scripts)).toContain(name);
        const usage = read(`scripts/${basename(name)}.js`);
        for (const [option] of options.matchAll(/--[a-z-]{2,}/g)) expect(usage).toContain(option);
      }
    }
  });
});
