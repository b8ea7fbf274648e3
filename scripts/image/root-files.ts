import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms } from "./bundle.ts";
import { sharedLibraries } from "./libraries.ts";
import type { TarEntry } from "#src/process/tar.ts";

/** The user that runs the programs, unless a manifest says otherwise: unknown on every node. */
export const USER_ID = 65_532;
/** Where the image has our code. */
const HOME = "opt/hawser";
/** The `hawser` command: it runs the programs in its own process. */
const COMMAND = `#!/usr/bin/node\nimport "/${HOME}/cli/main.js";\n`;

/** The files of the image, by layer: the second changes with our code, the first with Node or the build machine. */
export async function rootFiles(root: string): Promise<readonly (readonly TarEntry[])[]> {
  return [runtime(root), await programs(root)];
}

function runtime(root: string): readonly TarEntry[] {
  const folder = join(root, `node_modules/node-linux-${process.arch}`);
  const users = `root:x:0:0:root:/:/none\nhawser:x:${USER_ID}:${USER_ID}:hawser:/:/none\n`;
  return [
    { path: "usr/bin/node", mode: 0o755, content: readFileSync(join(folder, "bin/node")) },
    ...sharedLibraries([join(folder, "bin/node"), nativeModule(root)]),
    text("etc/passwd", users),
    text("etc/group", `root:x:0:\nhawser:x:${USER_ID}:\n`),
    text("etc/nsswitch.conf", "hosts: files dns\n"),
    ...licenceOf(folder, "node"),
  ];
}

async function programs(root: string): Promise<readonly TarEntry[]> {
  const { files, packages } = await bundlePrograms(root);
  const licences = packages.flatMap((folder) => licenceOf(join(root, folder), folder.replace(/^node_modules\//, "")));
  return [
    { path: "usr/bin/hawser", mode: 0o755, content: Buffer.from(COMMAND) },
    ...files.map((file) => ({ ...file, path: `${HOME}/${file.path}` })),
    { path: `${HOME}/package.json`, mode: 0o644, content: readFileSync(join(root, "package.json")) },
    {
      path: `${HOME}/native/prebuilt/linux-${process.arch}.node`,
      mode: 0o755,
      content: readFileSync(nativeModule(root)),
    },
    ...licenceOf(root, "hawser"),
    ...licences,
  ];
}

/** The one a release laid down, or the one that set-up compiled: as the programs choose. */
function nativeModule(root: string): string {
  const files = [`native/prebuilt/linux-${process.arch}.node`, "native/build/hawser.node"].map((file) =>
    join(root, file),
  );
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`the native module is not built (looked for ${files.join(", ")})`);
  return file;
}

function licenceOf(folder: string, name: string): readonly TarEntry[] {
  const files = readdirSync(folder).filter((file) => /^(?:LICEN[CS]E|NOTICE)/i.test(file));
  return files.map((file) => ({
    path: `usr/share/licenses/${name}/${file}`,
    mode: 0o644,
    content: readFileSync(join(folder, file)),
  }));
}

function text(path: string, content: string): TarEntry {
  return { path, mode: 0o644, content: Buffer.from(content) };
}
