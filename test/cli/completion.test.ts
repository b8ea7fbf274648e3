// Completion is made from the tables of commands and options, so it has all of them; and the shells understand it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callCli } from "./run-cli.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** The words offered for the last one, and whether files may follow. */
async function complete(...words: readonly string[]) {
  const { code, stdout, stderr } = await callCli(["__complete", ...words], { KUBECONFIG: "/none", HOME: "/none" });
  const lines = stdout.trimEnd().split("\n");
  const last = lines.pop();
  expect([code, stderr, last?.[0]]).toEqual([0, "", ":"]);
  return { words: lines.map((line) => line.split("\t", 1)[0]), files: last === ":0" };
}

async function helpOf(...command: readonly string[]): Promise<string> {
  return (await callCli([...command, "--help"])).stdout;
}

const commands = [
  ...[
    "demo",
    "check",
    "status",
    "explain",
    "pools",
    "routes",
    "certs",
    "plan",
    "release",
    "history",
    "collect",
    "version",
  ].map((name) => [name]),
  ["migrate", "metallb"],
  ["migrate", "ingress-nginx"],
  ["explain", "https://shop.example/"],
];

describe("C hawser __complete", () => {
  it("offers every command", async () => {
    const listed = [...(await helpOf()).matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name);
    expect((await complete("")).words).toEqual(listed);
    expect((await complete("help", "")).words).toEqual(listed);
  });

  it.each(commands.map((command) => ({ command })))("offers every option of $command", async ({ command }) => {
    const flags = [...(await helpOf(...command)).matchAll(/^ {2}(?:(-\w), )?(--(?:\[no-\])?[\w-]+)/gm)]
      .flatMap(([, short, long = ""]) => [short, long.replace("[no-]", "")])
      .filter((flag) => flag !== undefined);
    const { words } = await complete(...command, "-");
    expect(new Set(words)).toEqual(new Set(flags));
    expect(flags.length).toBeGreaterThan(1);
  });

  it.each([
    { words: ["sta"], gives: ["status"] },
    { words: ["nothing", ""], gives: [] },
    { words: ["status", "--man"], gives: ["--manifests"] },
    { words: ["status", "-o", ""], gives: ["text", "json", "yaml", "wide", "name"] },
    { words: ["status", "-o", "y"], gives: ["yaml"] },
    { words: ["status", "--output=w"], gives: ["--output=wide"] },
    { words: ["status", "-oj"], gives: ["-ojson"] },
    { words: ["version", "-o", ""], gives: ["text", "json", "yaml", "wide"] },
    { words: ["routes", "--compat", ""], gives: ["hawser", "nginx"] },
    { words: ["status", "--manifests", ""], gives: [], files: true },
    { words: ["status", "--kubeconfig=x"], gives: [], files: true },
    { words: ["status", ""], gives: [] },
    { words: ["explain", "https://a/", "--meth"], gives: ["--method"] },
    { words: ["explain", "shop/web", "--meth"], gives: [] },
    { words: ["check", ""], gives: [], files: true },
    { words: ["plan", "-f", ""], gives: [], files: true },
    { words: ["migrate", ""], gives: ["metallb", "ingress-nginx"] },
    { words: ["migrate", "-o", "json", "ingr"], gives: ["ingress-nginx"] },
    { words: ["migrate", "metallb", ""], gives: [], files: true },
    { words: ["completion", ""], gives: ["bash", "zsh", "fish", "kubectl"] },
    { words: ["status", "--", "-"], gives: [] },
  ])("after $words offers $gives", async ({ words, gives, files = false }) => {
    expect(await complete(...words)).toEqual({ words: gives, files });
  });

  it("hawser completion says which shells there are", async () => {
    for (const args of [[], ["tcsh"], ["bash", "zsh"]]) {
      const { code, stdout, stderr } = await callCli(["completion", ...args]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("bash, zsh, fish, kubectl");
    }
  });
});

/** The shell where it is installed. */
function find(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

const bash = find("bash");
const zsh = find("zsh");
const fish = find("fish");
for (const [name, file] of Object.entries({ bash, zsh, fish }))
  if (file === undefined) process.stderr.write(`SKIPPED: completion in ${name}, which is not installed\n`);

describe("C hawser completion in the shells", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hawser-completion-"));
    await writeFile(join(folder, "hawser"), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    await writeFile(join(folder, "kubectl-hawser"), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    await writeFile(join(folder, "some file.yaml"), "");
    for (const shell of ["bash", "zsh", "fish", "kubectl"])
      await writeFile(join(folder, shell), (await callCli(["completion", shell])).stdout);
    for (const file of ["hawser", "kubectl-hawser", "kubectl"]) await chmod(join(folder, file), 0o755);
  });
  afterAll(async () => rm(folder, { recursive: true }));

  function run(file: string, args: readonly string[]): readonly string[] {
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, HOME: folder };
    const { stdout, stderr } = spawnSync(file, args, { cwd: folder, env, encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((line) => line !== "");
  }

  const lines = [
    { line: "hawser sta", gives: ["status"] },
    { line: "hawser status -o y", gives: ["yaml"] },
    { line: "hawser status --output=w", gives: ["--output=wide"] },
    { line: "hawser check so", gives: ["some file.yaml"] },
    { line: "hawser status --no-such", gives: [] },
  ];

  it.skipIf(bash === undefined).each(lines)("bash: $line", ({ line, gives }) => {
    const script = `source ./bash; complete -p hawser >/dev/null || exit 1
      COMP_LINE='${line}'; COMP_POINT=${line.length}; _hawser hawser; printf '%s\\n' "\${COMPREPLY[@]}"`;
    // Bash takes what is after = as a word.
    expect(run(bash ?? "", ["--norc", "-c", script])).toEqual(gives.map((one) => one.replace(/^--\w+=/, "")));
  });

  it.skipIf(fish === undefined).each(lines)("fish: $line", ({ line, gives }) => {
    const script = `source ./fish; complete --do-complete '${line}'`;
    const offered = run(fish ?? "", ["--no-config", "-c", script]).map((one) => one.split("\t", 1)[0]);
    expect(offered).toEqual(gives);
  });

  it.skipIf(zsh === undefined).each(lines.slice(0, 3))("zsh: $line", ({ line, gives }) => {
    // _describe and compset exist inside of a completion alone: they say here what they are given.
    const script = `autoload -Uz compinit; compinit -u -D; source ./zsh
      [[ "\${_comps[hawser]}" == _hawser ]] || exit 1
      _describe() { print -l -- "\${(@)candidates%%:*}"; }; compset() { }; _files() { }
      words=(\${(s: :)1}); CURRENT=\${#words}; _hawser`;
    expect(run(zsh ?? "", ["-f", "-c", script, "zsh", line])).toEqual(gives);
  });

  it("kubectl's plug-in completion asks kubectl-hawser", () => {
    expect(run(join(folder, "kubectl"), ["status", "-o", "y"])).toEqual(["yaml", ":4"]);
  });
});
