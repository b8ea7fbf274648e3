// The start script of all commands: does what set-up is missing, then hands over to the project's own Node.
// Usage: node scripts/start.js demo|test|test:long|test:cluster|bench|check|cluster|image|plugin|release|hawser [arguments]
import { run } from "./run.js";
import { ownNode, root, SetupError, setUp } from "./setup.js";
import { clusterSuite, longSuite, report, sum, summary, testSuite } from "./suites.js";

/** The folder in which npm was called: paths in arguments are relative to it. */
const here = process.env.INIT_CWD ?? process.cwd();

/** Runs a suite, says again what failed, and sums it up in the last line. */
async function suite(run, args) {
  const result = await run(args);
  console.log(report(result));
  return result.code;
}

/** The whole gate, as CI runs it: static checks, then all suites, whose sum is the last line. */
async function check() {
  const bin = `${root}node_modules/.bin`;
  const gates = [
    ["types", [`${bin}/tsc`, "-p", "."]],
    ["types of the page", [`${bin}/tsc`, "-p", "web"]],
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
  const results = [];
  for (const [command, run] of [
    ["npm test", testSuite],
    ["npm run test:long", longSuite],
    ["npm run test:cluster", clusterSuite],
  ])
    results.push({ command, result: await run([]) });
  for (const { command, result } of results) console.log(`${command}: ${summary(result)}`);
  return suite(async () => results.map(({ result }) => result).reduce(sum));
}

const verbs = {
  demo: (args) => run([ownNode, "cli/main.ts", "demo", ...args]),
  hawser: (args) => run([ownNode, `${root}cli/main.ts`, ...args], { cwd: here }),
  // What is measured starts as in the image, where nothing is kept from the run before.
  bench: (args) => run([ownNode, "bench/main.ts", ...args], { env: { NODE_DISABLE_COMPILE_CACHE: "1" } }),
  cluster: (args) => run([ownNode, "scripts/cluster.js", ...args]),
  image: (args) => run([ownNode, "scripts/image.js", ...args]),
  plugin: (args) => run([ownNode, "scripts/plugin.js", ...args]),
  release: (args) => run([ownNode, "scripts/release.js", ...args]),
  test: (args) => suite(testSuite, args),
  "test:long": (args) => suite(longSuite, args),
  "test:cluster": (args) => suite(clusterSuite, args),
  check,
};

const [verb = "", ...args] = process.argv.slice(2);
if (verbs[verb] === undefined) {
  console.error(`Usage: node scripts/start.js ${Object.keys(verbs).join("|")} [arguments]`);
  process.exit(2);
}
try {
  setUp({
    rack: !["hawser", "image", "plugin", "release"].includes(verb),
    cluster: ["test:cluster", "check", "cluster"].includes(verb),
  });
  process.exitCode = await verbs[verb](args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`set-up: ${error.message}`);
  process.exitCode = 1;
}
