import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { whyNoHelm } from "#lab/helm/build-helm.ts";
import type { Bill, Component } from "#scripts/release/bill-of-materials.ts";
import { ways } from "#scripts/manifests/render.ts";
import { type Manifest, podOf } from "#test/config/kustomization.ts";
import { root } from "#test/docs/page.ts";
import { runHelm } from "#test/support/helm.ts";
import { UnpackedImage } from "./unpack.ts";

const IMAGE = "ghcr.io/example/hawser";
const DIGEST = `sha256:${"ab".repeat(32)}`;
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };

describe("npm run release -- --dry-run", () => {
  let out: string;
  let bill: Bill;

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), "hawser-release-"));
    const script = join(root, "scripts/release.js");
    execFileSync(process.execPath, [script, "--dry-run", "--out", out, "--image", IMAGE, "--digest", DIGEST], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    bill = JSON.parse(readFileSync(join(out, `hawser-${version}-${process.arch}.cdx.json`), "utf8")) as Bill;
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it("G sums up each file", () => {
    const lines = readFileSync(join(out, "SHA256SUMS"), "utf8").trim().split("\n");
    expect(lines.length).toBeGreaterThan(6);
    for (const line of lines) {
      const [sum, name = ""] = line.split("  ");
      expect(
        createHash("sha256")
          .update(readFileSync(join(out, name)))
          .digest("hex"),
        name,
      ).toBe(sum);
    }
  });

  const pathsOf = ({ properties }: Component): readonly string[] =>
    properties.flatMap(({ name, value }) => (name === "hawser:path" ? [value] : []));

  it("G lists in the bill of materials every file of the image, each once", () => {
    const folder = join(out, "image");
    mkdirSync(folder);
    const image = new UnpackedImage(join(out, `hawser-${version}-${process.arch}.tar`), folder);
    image.layDown();
    const listed = bill.components.flatMap(pathsOf).toSorted();
    const there = execFileSync("find", [".", "-type", "f", "-printf", "%P\\n"], { cwd: image.root, encoding: "utf8" });
    expect(listed).toEqual(there.trim().split("\n").toSorted());
  });

  it("G names glibc with the version of its package, what is linked into Node, and the npm packages of the programs", () => {
    const purls = bill.components.map(({ purl }) => purl);
    expect(purls).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^pkg:deb\/\w+\/libc6@\d[^?]*\?arch=\w+$/),
        expect.stringMatching(/^pkg:generic\/openssl@3/),
        expect.stringMatching(/^pkg:generic\/v8@/),
        `pkg:npm/node-linux-${process.arch}@${process.versions.node}`,
        expect.stringMatching(/^pkg:npm\/pino@/),
        expect.stringMatching(/^pkg:npm\/%40redis\/client@/),
      ]),
    );
    expect(new Set(purls).size).toBe(purls.length);
    for (const { version: of, name } of bill.components) expect(of, name).toMatch(/^\d/);
  });

  it("G names the image by its digest in the manifests and in the chart", () => {
    const imagesOf = (text: string): readonly string[] =>
      parseAllDocuments(text)
        .flatMap((document) => podOf((document.toJS() ?? {}) as Manifest)?.containers ?? [])
        .map(({ image }) => image);
    const wanted = [`${IMAGE}@${DIGEST}`, `${IMAGE}@${DIGEST}`, `${IMAGE}@${DIGEST}`];
    for (const way of ways) expect(imagesOf(readFileSync(join(out, `${way}.yaml`), "utf8")), way).toEqual(wanted);
    if (whyNoHelm() !== undefined)
      return console.log(`skipped in part, the packed chart is not rendered: ${whyNoHelm()}`);
    const { stdout } = runHelm(["template", "hawser", join(out, `hawser-${version}.tgz`)]);
    expect(imagesOf(stdout)).toEqual(wanted);
  });
});
