// The start script of all commands: does what set-up is missing, then hands over to the project's own Node.
// Usage: node scripts/start.js demo|test|bench|check|cluster|image|hawser [arguments]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { wrapped, whyNoRack } from "../lab/rack/wrapper.js";
import { ownNode, root, SetupError, setUp } from "./setup.js";

/** Where the person is who called npm: their paths are relative to it. */
const here = process.env.INIT_CWD ?? process.cwd();

/** Runs a command to its end with our terminal; Ctrl-C reaches it too, and we wait for its clean-up. */
function run(command, { env = {}, cwd = root } = {}) {
  const [file, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/**
 * Builds what a suite (`cluster`, `install`) needs of Kubernetes unless it is there, before the namespaces of the tests, which reach no
 * network. Resolves with why there will be none; empty if there will, or if only other tests were asked for.
 */
async function prepare(suite, args) {
  const names = args.filter((arg) => !arg.startsWith("-"));
  if (names.length > 0 && !names.some((name) => name.includes(suite))) return "";
  const reason = await new Promise((resolve, reject) => {
    const command = ["scripts/cluster.js", "--build", "--reason", ...(suite === "install" ? ["--nodes"] : [])];
    const child = spawn(ownNode, command, { cwd: root, stdio: ["inherit", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.on("error", reject);
    child.on("close", () => resolve(said.trim()));
  });
  if (reason !== "") console.error(`The ${suite} tests are skipped, their Kubernetes cannot be had here: ${reason}`);
  return reason;
}

async function test(args) {
  const reason = whyNoRack();
  if (reason !== undefined)
    console.error(`No rack can be built here, its tests are skipped (lab, cluster, install): ${reason}`);
  const noCluster = reason === undefined ? await prepare("cluster", args) : "";
  const noInstall = reason === undefined ? await prepare("install", args) : "";
  const scratch = mkdtempSync(`${tmpdir()}/hawser-test-`);
  const report = `${scratch}/report.json`;
  const vitest = [
    `${root}node_modules/.bin/vitest`,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  const command = [ownNode, ...vitest, ...args];
  try {
    const code = await run(reason === undefined ? wrapped(command) : command, {
      env: { HAWSER_NO_RACK: reason ?? "", HAWSER_NO_CLUSTER: noCluster, HAWSER_NO_INSTALL: noInstall },
    });
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
    const failed = numFailedTests === 0 && code !== 0 ? 1 : numFailedTests;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
    console.log(`${numPassedTests} passed, ${failed} failed${skipped}`);
    return code;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function check(args) {
  const bin = `${root}node_modules/.bin`;
  const gates = [
    ["types", [`${bin}/tsc`, "-p", "."]],
    ["import table", ["node", "scripts/import-table.js", "--check"]],
    ["lint", [`${bin}/oxlint`, "--type-aware", "--deny-warnings", "."]],
    ["format", [`${bin}/oxfmt`, "--check", "."]],
    ["unused code", [ownNode, `${bin}/knip`]],
  ];
  for (const [name, command] of gates) {
    console.error(`check: ${name}`);
    const code = await run(command);
    if (code !== 0) {
      console.error(`check: ${name} failed`);
      return code;
    }
  }
  return test(args);
}

const verbs = {
  demo: (args) => run([ownNode, "cli/main.ts", "demo", ...args]),
  hawser: (args) => run([ownNode, `${root}cli/main.ts`, ...args], { cwd: here }),
  bench: (args) => run([ownNode, "bench/main.ts", ...args]),
  cluster: (args) => run([ownNode, "scripts/cluster.js", ...args]),
  image: (args) => run([ownNode, "scripts/image.js", ...args]),
  test,
  check,
};

const [verb = "", ...args] = process.argv.slice(2);
if (verbs[verb] === undefined) {
  console.error(`Usage: node scripts/start.js ${Object.keys(verbs).join("|")} [arguments]`);
  process.exit(2);
}
try {
  setUp({ rack: verb !== "hawser" && verb !== "image" });
  process.exitCode = await verbs[verb](args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`set-up: ${error.message}`);
  process.exitCode = 1;
}
