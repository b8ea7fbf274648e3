// The files of a release: image, bill of materials, chart, plug-in, manifests, notes, check sums. It publishes nothing: .github/workflows/release.yaml does.
// Usage: npm run release -- [--dry-run] [--out DIR] [--image REPOSITORY] [--digest DIGEST] [--source URL]
//   --dry-run   Also where the version has no section in CHANGELOG.md or no tag: with the notes of what is not released yet
//   --out DIR   Where to write them; default dist/release in this folder
//   --image REPOSITORY  Where the image will be; default localhost/hawser
//   --digest DIGEST     Of the image there, which chart and manifests then name
//   --source URL        The repository on its host: links of the notes lead there
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { processIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { releaseNotes } from "./release/release-notes.ts";
import { writeRelease } from "./release/write-release.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const specs = {
  "dry-run": {
    kind: "boolean",
    help: "Also where the version has no section in CHANGELOG.md or no tag: with the notes of what is not released yet",
  },
  out: { kind: "string", default: "dist/release", placeholder: "DIR", help: "Write the files into this folder" },
  image: { kind: "string", default: "localhost/hawser", placeholder: "REPOSITORY", help: "Where the image will be" },
  digest: { kind: "string", placeholder: "DIGEST", help: "Digest of the image there: chart and manifests name it" },
  source: { kind: "string", placeholder: "URL", help: "The repository on its host, where links of the notes lead" },
};
const about = "Makes all files of a release that need no network, and publishes nothing.";
const read = readOptions(specs, process.argv.slice(2), processIo, {
  command: "npm run release --",
  about,
  hasVariables: false,
});
if (read.kind === "exit") process.exit(read.code);
const { values } = read;
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Why this is not what a release of the version would be. */
function reasons(notes) {
  const git = (...args) => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim();
  return [
    ...(notes === undefined ? [`CHANGELOG.md has no section ${version}`] : []),
    ...(git("tag", "--points-at", "HEAD").split("\n").includes(`v${version}`) ? [] : [`HEAD has no tag v${version}`]),
    ...(git("status", "--porcelain") === "" ? [] : ["files are changed that are not committed"]),
  ];
}

const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
const base = values.source === undefined ? undefined : `${values.source}/blob/v${version}`;
const notes = releaseNotes(changelog, version, base);
const open = reasons(notes);
for (const reason of open) process.stderr.write(`release: ${values["dry-run"] ? "note" : "error"}: ${reason}\n`);
if (open.length > 0 && !values["dry-run"]) process.exit(1);

const out = resolve(process.env.INIT_CWD ?? process.cwd(), values.out);
const names = await writeRelease(root, out, {
  version,
  repository: values.image,
  digest: values.digest,
  notes: notes ?? releaseNotes(changelog, "Unreleased", base) ?? "",
});
for (const name of names)
  process.stderr.write(`release: ${name}, ${(statSync(join(out, name)).size / 1e6).toFixed(1)} MB\n`);
process.stdout.write(`${out}\n`);
