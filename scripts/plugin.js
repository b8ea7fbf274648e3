// The kubectl plug-in: kubectl-hawser as one script for any Node, and as a single executable that needs none.
// Usage: npm run plugin -- [--out DIR] [--executable]
//   --out DIR     Where to write it; default dist in this folder
//   --executable  Also write a single executable of this platform, and an archive of it
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "#src/process/version.ts";
import { buildExecutable } from "./plugin/build-executable.ts";
import { bundlePlugin } from "./plugin/bundle-plugin.ts";
import { readScriptOptions } from "./read-script-options.js";

const NAME = "kubectl-hawser";

const root = fileURLToPath(new URL("..", import.meta.url));
const specs = {
  out: { kind: "string", default: "dist", placeholder: "DIR", help: "Write it into this folder" },
  executable: {
    kind: "boolean",
    help: "Also write a single executable for this platform, which needs no Node, and a compressed archive of it",
  },
};
const about = `Makes the kubectl plug-in: DIR/${NAME}, a script for any Node from 24 on.`;
const values = readScriptOptions("plugin", specs, about);
// Paths are relative to the folder in which npm was called.
const out = resolve(process.env.INIT_CWD ?? process.cwd(), values.out);
mkdirSync(out, { recursive: true });

function say(file) {
  process.stderr.write(`plugin: ${file}, ${(statSync(file).size / 1e6).toFixed(1)} MB\n`);
}

const script = await bundlePlugin(root);
const file = join(out, NAME);
writeFileSync(file, script, { mode: 0o755 });
say(file);
if (values.executable) {
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(out, platform);
  mkdirSync(folder, { recursive: true });
  const executable = join(folder, NAME);
  buildExecutable(script, executable);
  say(executable);
  const archive = join(out, `${NAME}-${version}-${platform}.tar.gz`);
  execFileSync("tar", ["--create", "--gzip", "--file", archive, "--directory", folder, NAME]);
  say(archive);
}
process.stdout.write(`${file}\n`);
