import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageParts } from "#scripts/image/root-files.ts";
import { ownerOf } from "./debian-owner.ts";

/** A component (CycloneDX 1.6), as far as it is used here. */
export interface Component {
  readonly type: "application" | "library" | "container";
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly object[];
  readonly hashes?: readonly { readonly alg: "SHA-256"; readonly content: string }[];
  /** `hawser:path`: a file of the image that is of it. `hawser:inside`: what it is linked into. */
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}

/** A bill of materials (CycloneDX 1.6). */
export interface Bill {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

/** Of `process.versions`, what is not a library that is linked into Node. */
const NOT_LINKED = ["node", "modules", "napi", "unicode", "tz", "cldr"];
const NODE = "usr/bin/node";

/**
 * What the image holds: each npm package in its programs, Node with the libraries that are linked into it, and the machine's
 * shared libraries with the packages that they come from. Every file of the image is of a component. Same image, same bill.
 */
export function billOfMaterials(root: string, parts: ImageParts, version: string): Bill {
  const files = new Map(parts.layers.flat().map(({ path, content }) => [path, content] as const));
  const libraries = librariesOf(parts.libraries, files);
  const packages = parts.packages.map((folder) => packageOf(root, folder, files));
  const taken = new Set([NODE, ...parts.libraries.map((path) => path.slice(1)), ...packages.flatMap(pathsOf)]);
  const nodeLicences = [...files.keys()].filter((path) => path.startsWith("usr/share/licenses/node/"));
  for (const path of nodeLicences) taken.add(path);
  const ours = [...files.keys()].filter((path) => !taken.has(path)).toSorted();
  const hawser: Component = {
    type: "application",
    name: "hawser",
    version,
    purl: `pkg:generic/hawser@${version}`,
    licenses: [{ license: { id: "Apache-2.0" } }],
    properties: ours.map(pathProperty),
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...hawser, type: "container", purl: `pkg:oci/hawser?tag=${version}`, properties: [] } },
    components: [hawser, ...nodeParts(files.get(NODE), nodeLicences), ...libraries, ...packages],
  };
}

function pathProperty(value: string): { readonly name: string; readonly value: string } {
  return { name: "hawser:path", value };
}

function pathsOf({ properties }: Component): readonly string[] {
  return properties.flatMap(({ name, value }) => (name === "hawser:path" ? [value] : []));
}

function hashesOf(content: Uint8Array | undefined): Pick<Component, "hashes"> {
  if (content === undefined) return {};
  return { hashes: [{ alg: "SHA-256", content: createHash("sha256").update(content).digest("hex") }] };
}

/** Node, which is the one that runs this, and what is linked into it. */
function nodeParts(content: Uint8Array | undefined, licences: readonly string[]): readonly Component[] {
  const { node = "", ...versions } = process.versions as Readonly<Record<string, string>>;
  const linked = Object.entries(versions).filter(([name, version]) => version !== "" && !NOT_LINKED.includes(name));
  const inside = (name: string, version: string): Component => ({
    type: "library",
    name,
    version,
    purl: `pkg:generic/${name}@${encodeURIComponent(version)}`,
    properties: [{ name: "hawser:inside", value: "node" }],
  });
  return [
    {
      type: "application",
      name: "node",
      version: node,
      purl: `pkg:npm/node-linux-${process.arch}@${node}`,
      licenses: [{ license: { id: "MIT" } }],
      ...hashesOf(content),
      properties: [NODE, ...licences].map(pathProperty),
    },
    ...linked.map(([name, version]) => inside(name, version)),
  ];
}

/** A component for each package of the machine that shared libraries are of. */
function librariesOf(
  paths: readonly string[],
  files: ReadonlyMap<string, Uint8Array | undefined>,
): readonly Component[] {
  const owned = Map.groupBy(
    paths.map((path) => ({ path, owner: ownerOf(path) })),
    ({ owner }) => owner.purl,
  );
  return [...owned].map(([purl, of]) => {
    const { name = "", version = "" } = of[0]?.owner ?? {};
    const inImage = of.map(({ path }) => path.slice(1));
    const hashes = inImage.flatMap((path) => hashesOf(files.get(path)).hashes ?? []);
    return { type: "library", name, version, purl, hashes, properties: inImage.map(pathProperty) };
  });
}

function packageOf(root: string, folder: string, files: ReadonlyMap<string, unknown>): Component {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const licences = [...files.keys()].filter((path) => path.startsWith(`usr/share/licenses/${name}/`));
  return {
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    properties: [...licences.map(pathProperty), { name: "hawser:inside", value: "hawser" }],
  };
}
