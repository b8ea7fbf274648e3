import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { version } from "#src/process/version.ts";
import { callCli, type CliResult, runCli, startCli, startCommand } from "./run-cli.ts";

const LAUNCHER = fileURLToPath(new URL("../../cli/hawser.js", import.meta.url));

const START = fileURLToPath(new URL("../../scripts/start.js", import.meta.url));

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-cli-"));
  closers.push(async () => rm(directory, { recursive: true, force: true }));
  return directory;
}

const verbs = [
  "controller",
  "speaker",
  "ingress",
  "demo",
  "check",
  "status",
  "ui",
  "top",
  "explain",
  "pools",
  "routes",
  "certs",
  "plan",
  "migrate",
  "release",
  "drain",
  "rebalance",
  "history",
  "capture",
  "collect",
  "completion",
  "version",
];

/** Runs a command; a program in a process of its own, whose place it takes. */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  return ["controller", "speaker", "ingress"].includes(args[0] ?? "") ? runCli(args, env) : callCli(args, env);
}

describe("hawser", () => {
  it("--help names every verb and exits 0", async () => {
    const { code, stdout } = await runCli(["--help"]);
    expect(code).toBe(0);
    expect([...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, verb]) => verb)).toEqual(verbs);
  });

  it.each(verbs)("%s --help says how it is used and exits 0", async (verb) => {
    const { code, stdout } = await run([verb, "--help"]);
    expect([code, stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(`^Usage: hawser ${verb}`)]);
  });

  it.each([
    { name: "nothing", args: [], says: "no command given" },
    { name: "an unknown verb", args: ["contoller"], says: "Did you mean controller?" },
    { name: "a verb like nothing known", args: ["kubernetes"], says: 'unknown command "kubernetes"\n' },
    { name: "a name that every object has", args: ["constructor"], says: 'unknown command "constructor"' },
    { name: "an unknown option of status", args: ["status", "--manifest", "x"], says: "Did you mean --manifests?" },
    { name: "an unknown option of version", args: ["version", "--all"], says: "OPTION_UNKNOWN" },
    { name: "a program without folder and cluster", args: ["controller"], says: "SOURCE_MISSING" },
    { name: "a kubeconfig that is not there", args: ["ingress", "--kubeconfig=/none"], says: "KUBECONFIG_UNREADABLE" },
    { name: "a program's bad option", args: ["controller", "--manifests=x", "--admin-port=x"], says: "OPTION_INVALID" },
  ])("exits 2 for $name", async ({ args, says }) => {
    const { code, stdout, stderr } = await run(args, { KUBERNETES_SERVICE_HOST: "" });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
  });

  it.each([["check", "--cluster"], ["status"]])(
    "%s without a cluster names only options that it has",
    async (...args) => {
      const env = { KUBERNETES_SERVICE_HOST: "", KUBECONFIG: "", HOME: await scratch() };
      const { code, stdout, stderr } = await run(args, env);
      const said = stdout + stderr;
      expect([code, said]).toEqual([2, expect.stringContaining("SOURCE_MISSING")]);
      expect(said).toContain(".kube/config does not exist");
      if (args[0] === "check") expect(said).not.toContain("--manifests");
    },
  );

  it.each(["version", "--version"])("%s prints the versions and whether the native module loads", async (word) => {
    const { code, stdout } = await run([word]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^hawser ${version}\nnode ${process.version}\nnative module: \\S.*\n$`));
  });

  it("runs a program in its own place: same process, its signals, its exit code", async () => {
    const controller = startCli([
      "controller",
      "--manifests",
      await scratch(),
      "--admin-port=0",
      "--admin-address=127.0.0.1",
    ]);
    await controller.says(/"component":"controller"/);
    const command = await readFile(`/proc/${controller.child.pid}/cmdline`, "utf8");
    expect(command.split("\0")).toContain("controller");
    controller.child.kill("SIGTERM");
    expect((await controller.ended).code).toBe(0);
  });
});

/** The Nodes of this machine that are too old for our code, to try the launcher with. */
const oldNodes = ["/usr/bin/node", "/usr/local/bin/node"].filter((node) => {
  const major = Number(/^v(\d+)/.exec(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1]);
  return major >= 18 && major < 24;
});

describe("O11 every command explains itself", () => {
  it.each(["image", "cluster"])("npm run %s -- --help prints its options, and a wrong one is named", async (name) => {
    const script = fileURLToPath(new URL(`../../scripts/${name}.js`, import.meta.url));
    const help = await startCommand(process.execPath, [script, "--help"]).ended;
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(new RegExp(`^Usage: npm run ${name} -- \\[options\\]\n`));
    expect(help.stdout).not.toContain("HAWSER_");
    const wrong = await startCommand(process.execPath, [script, "--nonsense"]).ended;
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("--nonsense: Unknown option")]);
  });

  it("hawser help COMMAND prints the help of that command", async () => {
    const [one, other] = await Promise.all([run(["help", "status"]), run(["status", "--help"])]);
    expect([one.code, one.stdout]).toEqual([0, other.stdout]);
    expect((await run(["help", "statsu"])).stderr).toContain("Did you mean status?");
  });

  it("hawser alone says that no command is given, and lists all", async () => {
    const { code, stderr } = await run([]);
    expect([code, stderr.split("\n")[0]]).toEqual([2, "hawser: no command given"]);
    for (const verb of verbs) expect(stderr).toMatch(new RegExp(`^  ${verb} `, "m"));
  });
});

/** The last process below another one, each the first child of the one before. */
async function lastBelow(pid: number): Promise<number> {
  const [child = ""] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  return child === "" ? pid : lastBelow(Number(child));
}

describe("cli/hawser.js", () => {
  it("runs under the project's own Node", async () => {
    const { code, stdout } = await startCommand(process.execPath, [LAUNCHER, "--help"]).ended;
    expect([code, stdout.slice(0, 18)]).toEqual([0, "Usage: hawser COMM"]);
  });

  it.skipIf(oldNodes.length === 0)(
    "hands over to the project's own Node where it is started by an old one",
    async () => {
      const { code, stdout } = await startCommand(oldNodes[0] ?? "", [LAUNCHER, "version"]).ended;
      expect([code, stdout.split("\n")[1]]).toEqual([0, `node ${process.version}`]);
      expect((await startCommand(oldNodes[0] ?? "", [LAUNCHER, "nonsense"]).ended).code).toBe(2);
    },
  );

  const launchers = [
    { name: "cli/hawser.js under an old Node", node: oldNodes[0], args: [LAUNCHER] },
    { name: "npm run hawser", node: process.execPath, args: [START, "hawser"] },
  ];
  it.each(launchers.filter(({ node }) => node !== undefined))(
    "O15 the program ends when its launcher is killed: $name",
    async ({ node = "", args }) => {
      const options = ["--manifests", await scratch(), "--admin-port=0", "--admin-address=127.0.0.1"];
      const launcher = startCommand(node, [...args, "controller", ...options]);
      const { pid } = launcher.child;
      await launcher.says(/"msg":"controller started"/);
      const [program] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
      closers.push(async () => Promise.resolve(spawnSync("kill", ["-KILL", program ?? ""])));
      expect((await readFile(`/proc/${program}/cmdline`, "utf8")).split("\0")).toContain("controller");
      launcher.child.kill("SIGKILL");
      // It resolves when no process holds the pipe to its output any longer: when the program has ended, too.
      expect((await launcher.ended).stdout).toContain('"msg":"shut down"');
    },
  );

  it.each([
    { command: "npx", args: ["hawser"] },
    { command: "npm", args: ["run", "hawser", "--"] },
  ])("O15 the program ends when npm, which started it, is asked to end: $command", async ({ command, args }) => {
    const options = ["--manifests", await scratch(), "--admin-port=0", "--admin-address=127.0.0.1"];
    const npm = startCommand(command, [...args, "controller", ...options]);
    await npm.says(/"msg":"controller started"/);
    const program = await lastBelow(npm.child.pid ?? 0);
    closers.push(async () => Promise.resolve(spawnSync("kill", ["-KILL", String(program)])));
    npm.child.kill("SIGTERM");
    // It resolves when no process holds the pipe to its output any longer.
    expect((await npm.ended).stdout).toContain('"msg":"shut down"');
  });

  it.skipIf(oldNodes.length === 0)("O12 npx hawser prints what hawser prints, and nothing before it", async () => {
    const path = `${dirname(oldNodes[0] ?? "")}:${process.env["PATH"]}`;
    const env = { PATH: path, npm_config_update_notifier: "false" };
    const { code, stdout, stderr } = await startCommand("npx", ["hawser", "--version"], env).ended;
    expect([code, stdout.split("\n")[0], stderr]).toEqual([0, `hawser ${version}`, ""]);
  });

  it("says what to run where the packages are missing", async () => {
    const directory = await scratch();
    await mkdir(join(directory, "cli"));
    await cp(LAUNCHER, join(directory, "cli/hawser.js"));
    await cp(fileURLToPath(new URL("../../package.json", import.meta.url)), join(directory, "package.json"));
    const { code, stderr } = await startCommand(process.execPath, [join(directory, "cli/hawser.js"), "status"]).ended;
    expect([code, stderr]).toEqual([
      1,
      `hawser: its packages are missing. Run: cd ${directory}/ && npm run hawser -- version\n`,
    ]);
  });
});
