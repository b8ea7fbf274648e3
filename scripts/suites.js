// The tests in three suites: `npm test` and `npm run test:long` need what `npm run demo` needs; `npm run test:cluster` builds the image, needs Go, and for real nodes the machine's root.
// Each ends with one line that sums it up. Plain JavaScript: it starts before the project's own Node is known to be there.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { stripVTControlCharacters } from "node:util";
import { wrapped, whyNoRack } from "../lab/rack/wrapper.js";
import { run } from "./run.js";
import { ownNode, root } from "./setup.js";

/** The folders of the tests that `npm run test:cluster` runs; each is also the name of a project in vitest.config.ts. */
const CLUSTER_FOLDERS = ["image", "cluster", "install"];

/**
 * What is built for which tests, and how long that takes where nothing is built yet, for the person that waits. `ask`: only
 * tests of test/cluster, or of `folders`, that call this function need it.
 */
const BUILDS = {
  cluster: {
    tests: "test/cluster",
    needs:
      "etcd, kube-apiserver, kube-controller-manager, kube-proxy and kubectl with Go: about 5 minutes the first time",
    options: [],
  },
  metallb: {
    tests: "test/cluster with MetalLB",
    needs: "MetalLB's definitions, controller and speaker with Go: about 3 minutes the first time",
    options: ["--metallb"],
    ask: "whyNoMetallb",
  },
  "oauth2-proxy": {
    tests: "test/cluster with oauth2-proxy",
    needs: "oauth2-proxy with Go: about 2 minutes the first time",
    options: ["--oauth2-proxy"],
    ask: "whyNoOauth2Proxy",
  },
  h2spec: {
    tests: "test/cluster with h2spec",
    needs: "h2spec with Go: under a minute the first time",
    options: ["--h2spec"],
    ask: "whyNoH2spec",
  },
  "ingress-nginx": {
    tests: "test/cluster with ingress-nginx",
    needs: "the part of ingress-nginx that writes statuses with Go: about 2 minutes the first time",
    options: ["--ingress-nginx"],
    ask: "whyNoIngressNginx",
  },
  "cert-manager": {
    tests: "test/cluster with cert-manager",
    needs: "cert-manager and the ACME server pebble with Go: about 4 minutes the first time",
    options: ["--cert-manager"],
    ask: "whyNoCertManager",
  },
  "external-dns": {
    tests: "test/cluster with external-dns",
    needs: "external-dns with Go 1.27, which Go takes from the module proxy: about 3 minutes the first time",
    options: ["--external-dns"],
    ask: "whyNoExternalDns",
  },
  helm: {
    tests: "test/cluster and test/install with Helm",
    needs: "Helm with Go: about 2 minutes the first time",
    options: ["--helm"],
    ask: "whyNoHelm",
    folders: ["cluster", "install"],
  },
  "prometheus-operator": {
    tests: "test/cluster with the Prometheus operator's definitions",
    needs: "5 MB from Go's module proxy the first time",
    options: ["--prometheus-operator"],
    ask: "whyNoPrometheusOperator",
  },
  install: {
    tests: "test/install",
    needs: "kubelet and kube-scheduler with Go, and Debian's containerd and runc: about a minute the first time",
    options: ["--nodes"],
  },
};

/** The projects of vitest.config.ts that a suite runs beside each other. The lab waits most of its time: units and the other half of the lab use that. */
const QUICK = ["unit", "lab", "lab-story"];
const LONG = ["long", "long-lab"];
/** Of what a test that failed says, this much is said again at the end. */
const MAX_WHY_CHARACTERS = 400;

const none = { code: 0, passed: 0, failed: 0, skipped: 0, failures: [] };

/** Two results as one. */
export function sum(left, right) {
  return {
    code: left.code === 0 ? right.code : left.code,
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
    failures: [...left.failures, ...right.failures],
  };
}

/** The last lines of a run: each test that failed with the reason, and the counts. */
export function report(result) {
  return [...result.failures, summary(result)].join("\n");
}

/** The last line of a run. */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Runs the tests of these projects that `args` choose, in namespaces where a rack can be built if there can be any. */
async function runTests({ projects, args, env, noRack }) {
  const scratch = mkdtempSync(`${tmpdir()}/hawser-test-`);
  const file = `${scratch}/report.json`;
  const vitest = [
    `${root}node_modules/.bin/vitest`,
    "run",
    ...projects.map((name) => `--project=${name}`),
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${file}`,
  ];
  const command = [ownNode, ...vitest, ...args];
  try {
    const code = await run(noRack === undefined ? wrapped(command) : command, {
      env: { HAWSER_NO_RACK: noRack ?? "", ...env },
    });
    return { code, ...countsOf(file, code) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What a report of vitest counts; a run that failed without a failed test, or without a report, counts as one failure. */
function countsOf(file, code) {
  let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
  try {
    counts = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    console.error(`No report of the tests: ${error.message}`);
  }
  const failed = counts.numFailedTests === 0 && code !== 0 ? 1 : counts.numFailedTests;
  const said = counts.testResults.flatMap(failuresOf);
  const failures = failed > 0 && said.length === 0 ? [failure("outside of the tests", `ended with ${code}`)] : said;
  return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests, failures };
}

/** The failures of a file: of its tests, or of itself where it could not be run. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = name.replace(root, "");
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0) return status === "failed" ? [failure(file, message)] : [];
  return failed.map((test) => failure(`${file} > ${test.fullName}`, test.failureMessages[0]));
}

function failure(test, why) {
  return `FAILED ${test}\n${stripVTControlCharacters(why ?? "").slice(0, MAX_WHY_CHARACTERS)}\n`;
}

/** Whether arguments name a test of this folder; without any name they mean all. */
function isChosen(folder, args) {
  const names = args.filter((arg) => !arg.startsWith("-"));
  return names.length === 0 || names.some((name) => name.includes(folder));
}

/** Whether arguments name a test of a folder that calls a function; without any name they mean all. */
function asksFor(ask, folder, args) {
  const files = readdirSync(`${root}test/${folder}`).filter((name) => name.endsWith(".test.ts"));
  const names = args.filter((arg) => !arg.startsWith("-"));
  return files
    .filter((file) => names.length === 0 || names.some((name) => `test/${folder}/${file}`.includes(name)))
    .some((file) => readFileSync(`${root}test/${folder}/${file}`, "utf8").includes(ask));
}

/** Whether arguments name a test that needs one of BUILDS. */
function isWanted(name, args) {
  const { ask, folders = ["cluster"] } = BUILDS[name];
  if (ask === undefined) return isChosen(name, args);
  return folders.some((folder) => isChosen(folder, args) && asksFor(ask, folder, args));
}

/** The variable that says to tests why one of BUILDS cannot be had: `HAWSER_NO_METALLB`. */
const variableOf = (name) => `HAWSER_NO_${name.replaceAll("-", "_").toUpperCase()}`;

function noRackHere() {
  const noRack = whyNoRack();
  if (noRack !== undefined) console.error(`No rack can be built here, the lab's tests are skipped: ${noRack}`);
  return noRack;
}

/** Runs projects beside each other. Each has namespaces of its own, so that no test meets the rack of another. */
async function runParts(projects, { args, noRack }) {
  const results = await Promise.all(projects.map((project) => runTests({ projects: [project], args, noRack })));
  return results.reduce(sum);
}

/** The tests that need nothing but what the demo needs: units, golden files, the lab. With names, also the long ones. */
export async function testSuite(args) {
  const folder = CLUSTER_FOLDERS.find((name) => args.some((arg) => arg.includes(`test/${name}/`)));
  if (folder !== undefined) {
    console.error(`test/${folder} belongs to the other suite: npm run test:cluster -- ${args.join(" ")}`);
    return { ...none, code: 2 };
  }
  const noRack = noRackHere();
  if (hasNames(args)) return runTests({ projects: [...QUICK, ...LONG], args, noRack });
  const result = await runParts(QUICK, { args, noRack });
  console.error("Not run: what takes long (npm run test:long), and what needs a Kubernetes (npm run test:cluster)");
  return result;
}

/** The tests of the same kinds that take long. */
export async function longSuite(args) {
  const noRack = noRackHere();
  if (hasNames(args)) return runTests({ projects: LONG, args, noRack });
  return runParts(LONG, { args, noRack });
}

const hasNames = (args) => args.some((arg) => !arg.startsWith("-"));

/** Builds one of BUILDS unless it is there. Resolves with why it cannot be had, empty if it can. */
async function build({ tests, needs, options }) {
  const started = Date.now();
  const command = ["scripts/cluster.js", "--build", "--reason", ...options];
  console.error(`${tests} needs ${needs}; nothing where it is built already.`);
  const reason = await new Promise((resolve, reject) => {
    const child = spawn(ownNode, command, { cwd: root, stdio: ["inherit", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.on("error", reject);
    child.on("close", () => resolve(said.trim()));
  });
  if (reason === "") console.error(`${tests} has what it needs after ${Math.round((Date.now() - started) / 1000)} s.`);
  return reason;
}

/** The tests on a real Kubernetes. Built before their namespaces are made, which reach no network. */
export async function clusterSuite(args) {
  const noRack = whyNoRack();
  const reasons = {};
  for (const [name, what] of Object.entries(BUILDS))
    reasons[name] = noRack ?? (isWanted(name, args) ? await build(what) : "");
  const result = await runTests({
    projects: CLUSTER_FOLDERS,
    args,
    noRack,
    env: Object.fromEntries(Object.entries(reasons).map(([name, reason]) => [variableOf(name), reason])),
  });
  // Once more at the end, where it is seen.
  for (const [name, { tests }] of Object.entries(BUILDS))
    if (reasons[name] !== "") console.error(`SKIPPED ${tests}: ${reasons[name]}`);
  return result;
}
