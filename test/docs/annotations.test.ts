import { describe, expect, it } from "vitest";
import type { AnnotationEffect, AnnotationFamily, AnnotationRecord } from "#src/model/annotations/annotation-record.ts";
import { ANNOTATION_TABLE } from "#src/model/annotations/annotation-table.ts";
import { read, root, tableOf } from "./page.ts";

const page = `${root}docs/annotations.md`;
const MARK = "src/model/annotations/annotation-table.ts. -->\n";

const EFFECTS: Readonly<Record<AnnotationEffect, string>> = {
  restriction: "closes the paths of the Ingress",
  snippet: "closes the paths of the Ingress, if a line may restrict or change what is reached",
  "reaches-other": "closes the paths of the Ingress",
  root: "closes the path `/`",
  hosts: "closes the hosts that it adds",
  "www-hosts": "closes the hosts that it adds",
  canary: "sends no requests to the Ingress",
  fallback: "ignores it",
  ignored: "ignores it",
};

function sectionOf({ title, prefixes, records }: AnnotationFamily): string {
  const shown = prefixes.filter((prefix) => prefix !== "").map(code);
  const intro = shown.length === 0 ? "Without a prefix." : `Prefix: ${shown.join(", ")}.`;
  const rows = records.map((record) => [
    record.names.map(code).join(", "),
    `${record.doc}.`,
    doneWith(record, prefixes),
    insteadOf(record),
  ]);
  return `\n## ${title}\n\n${intro}\n\n${tableOf(["Annotation", "Says", "Hawser", "Instead"], rows)}\n`;
}

function doneWith(record: AnnotationRecord, prefixes: readonly string[]): string {
  const { served, needless, risks = [{ effect: "ignored" }], scope } = record;
  if (needless !== undefined) return `need not do anything: ${needless}`;
  const [risk] = risks;
  const effect = risk === undefined ? "" : EFFECTS[risk.effect];
  const closing = scope === "host" ? effect.replace("paths of the Ingress", "hosts of the Ingress") : effect;
  if (served === undefined) return closing;
  const others = prefixes.filter((prefix) => !served.prefixes.includes(prefix));
  return others.length === 0 ? "serves it" : `serves it; with ${others.map(code).join(", ")} ${closing}`;
}

/** Nothing where Hawser serves the annotation under its own name. */
function insteadOf({ served, instead }: AnnotationRecord): string {
  if (instead === undefined || served !== undefined) return "";
  return instead.split(" with ").map(code).join(" with ");
}

function code(text: string): string {
  return `\`${text}\``;
}

describe("docs/annotations.md", () => {
  const written = read("docs/annotations.md");

  it("says of each annotation what the table says (`npm test -- test/docs -u` writes it anew)", async () => {
    const head = written.slice(0, written.indexOf(MARK) + MARK.length);
    expect(head).toContain(MARK);
    await expect(head + ANNOTATION_TABLE.map(sectionOf).join("")).toMatchFileSnapshot(page);
  });

  it("is what a reader is told of annotations that are served", () => {
    const served = [...written.matchAll(/^\| `([a-z-]+)` \|.*\| serves it/gm)].map(([, name]) => name);
    expect(served.slice(0, 4)).toEqual(["ssl-redirect", "force-ssl-redirect", "rewrite-target", "use-regex"]);
    expect(read("README.md")).toContain("(docs/annotations.md)");
  });
});
