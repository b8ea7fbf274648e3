// Makes a fresh clone runnable: packages by lock file, the native module, Debian packages. Each step is skipped when done.
// Plain JavaScript for any Node from 18 on.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const ownNode = `${root}node_modules/.bin/node`;

/** A failure that a person can fix: printed without a stack. */
export class SetupError extends Error {}

function digest(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function isStamped(file, value) {
  return existsSync(file) && readFileSync(file, "utf8") === value;
}

/** Runs one step unless its stamp already holds `value`, and says how long it took. */
function step({ title, stamp, value, run }) {
  if (isStamped(stamp, value)) return;
  const started = Date.now();
  console.error(`set-up: ${title} ...`);
  run();
  writeFileSync(stamp, value);
  console.error(`set-up: ${title}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function must(command, args, what) {
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.status === 0) return;
  const said = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim().split("\n").slice(-15).join("\n");
  throw new SetupError(`${what} failed: ${result.error?.message ?? `exit code ${result.status}`}\n${said}`);
}

function installPackages() {
  must("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], "npm ci");
  if (!existsSync(ownNode)) {
    throw new SetupError(
      `npm brought no Node for ${process.platform} ${process.arch}: only linux x64 and arm64 are supported`,
    );
  }
}

/** The headers that came with the project's own Node. */
function headers() {
  return `${root}node_modules/node-linux-${process.arch}/include/node`;
}

function buildNative() {
  const sources = readdirSync(`${root}native`).filter((name) => name.endsWith(".c"));
  if (spawnSync("cc", ["--version"]).error !== undefined) {
    throw new SetupError("no C compiler: the native socket module cannot be built. Run: apt-get install gcc libc6-dev");
  }
  mkdirSync(`${root}native/build`, { recursive: true });
  const flags = [
    "-std=c11",
    "-O2",
    "-fPIC",
    "-shared",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-D_GNU_SOURCE",
    "-DNAPI_VERSION=8",
  ];
  const files = sources.map((name) => `native/${name}`);
  must("cc", [...flags, `-I${headers()}`, "-o", "native/build/hawser.node", ...files], "cc");
}

/** A prebuilt native module, laid down by a release, is taken instead of compiling. */
function hasPrebuilt() {
  return existsSync(`${root}native/prebuilt/linux-${process.arch}.node`);
}

/** What a rack needs: command -> Debian package. */
const commands = {
  ip: "iproute2",
  nft: "nftables",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  flock: "util-linux",
};

/** What some tests on a real Kubernetes use, which are skipped without it: kube-proxy's mode iptables. */
const optionalCommands = { iptables: "iptables" };

function isInstalled(command) {
  const directories = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return directories.some((directory) => existsSync(`${directory}/${command}`));
}

/** The packages of those commands that are not there. */
function missingOf(table) {
  const missing = Object.keys(table).filter((name) => !isInstalled(name));
  return [...new Set(missing.map((name) => table[name]))];
}

function aptInstall(packages) {
  console.error(`set-up: apt-get install ${packages.join(" ")} ...`);
  must("apt-get", ["update", "-qq"], "apt-get update");
  must("env", ["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", ...packages], "apt-get install");
}

function installDebianPackages() {
  const missing = missingOf(commands);
  const canInstall = process.getuid() === 0 && isInstalled("apt-get");
  if (missing.length > 0 && !canInstall) {
    throw new SetupError(`missing programs. Run as root: apt-get install ${missing.join(" ")}`);
  }
  if (missing.length > 0) aptInstall(missing);
}

/** Tried once for each list of packages: without a network it would cost time at each start, for nothing. */
function installOptional() {
  const packages = missingOf(optionalCommands);
  if (process.getuid() !== 0 || !isInstalled("apt-get")) return;
  const stamp = `${root}node_modules/.hawser-optional`;
  if (packages.length === 0 || isStamped(stamp, packages.join(" "))) return;
  writeFileSync(stamp, packages.join(" "));
  try {
    aptInstall(packages);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`set-up: ${error.message}\nset-up: goes on without ${packages.join(" ")}`);
  }
}

/** All of it; `rack` says whether the work at hand builds a rack, `cluster` whether a real Kubernetes runs in it. */
export function setUp({ rack, cluster = false }) {
  process.env.PATH = `${root}node_modules/.bin:${process.env.PATH}:/usr/sbin:/sbin`;
  step({
    title: "npm ci (packages by lock file, with the project's own Node)",
    stamp: `${root}node_modules/.hawser-packages`,
    value: digest(`${root}package-lock.json`),
    run: installPackages,
  });
  if (!hasPrebuilt()) {
    const sources = readdirSync(`${root}native`).filter((name) => /\.[ch]$/.test(name));
    step({
      title: "cc (the native socket module)",
      stamp: `${root}native/build/stamp`,
      value: digest(`${root}package-lock.json`, ...sources.map((name) => `${root}native/${name}`)),
      run: buildNative,
    });
  }
  if (rack) installDebianPackages();
  if (cluster) installOptional();
}
