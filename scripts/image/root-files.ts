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

/** What an image is made from. */
export interface ImageParts {
  /** The files of the image: the second layer changes with our code, the first with Node or the build machine. */
  readonly layers: readonly (readonly TarEntry[])[];
  /** The npm packages that are in its programs: folders below the root. */
  readonly packages: readonly string[];
  /** The shared libraries: absolute paths, the same in the image and on the machine that builds it. */
  readonly libraries: readonly string[];
}

export async function imageParts(root: string): Promise<ImageParts> {
  const { files, packages } = await bundlePrograms(root);
  const libraries = sharedLibraries([join(nodeFolder(root), "bin/node"), nativeModule(root)]);
  return {
    layers: [runtime(root, libraries), programs(root, files, packages)],
    packages,
    libraries: libraries.map(({ path }) => `/${path}`),
  };
}

function nodeFolder(root: string): string {
  return join(root, `node_modules/node-linux-${process.arch}`);
}

function runtime(root: string, libraries: readonly TarEntry[]): readonly TarEntry[] {
  const folder = nodeFolder(root);
  const users = `root:x:0:0:root:/:/none\nhawser:x:${USER_ID}:${USER_ID}:hawser:/:/none\n`;
  return [
    { path: "usr/bin/node", mode: 0o755, content: readFileSync(join(folder, "bin/node")) },
    ...libraries,
    text("etc/passwd", users),
    text("etc/group", `root:x:0:\nhawser:x:${USER_ID}:\n`),
    text("etc/nsswitch.conf", "hosts: files dns\n"),
    ...licenceOf(folder, "node"),
  ];
}

function programs(root: string, files: readonly TarEntry[], packages: readonly string[]): readonly TarEntry[] {
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
