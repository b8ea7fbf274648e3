import { describe, expect, it } from "vitest";
import { ANNOTATION_TABLE, annotationRecord, NGINX_NAMES } from "#src/model/annotations/annotation-table.ts";
import { INSTEAD } from "#src/model/annotations/instead.ts";
import { PREFIXES } from "#src/model/annotations/prefixes.ts";

const records = ANNOTATION_TABLE.flatMap(({ records }) => records);

describe("the table of annotations", () => {
  it("has each annotation once", () => {
    const keys = ANNOTATION_TABLE.flatMap(({ prefixes, records }) =>
      prefixes.flatMap((prefix) => records.flatMap(({ names }) => names.map((name) => prefix + name))),
    );
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
    expect(keys.length).toBeGreaterThan(900);
  });

  it("finds a record by its name before one by a pattern", () => {
    const docOf = (name: string) => annotationRecord(PREFIXES.nginx, name)?.doc;
    expect(docOf("auth-realm")).toBe("What the question for name and password says");
    expect(docOf("auth-of-tomorrow")).toBe("Any other way to say who may come in");
    expect(docOf("auth-cache-of-tomorrow")).toBe(docOf("auth-keepalive-of-tomorrow"));
    expect([docOf("xauth-url"), docOf("auth"), docOf("AUTH-URL")]).toEqual([undefined, undefined, undefined]);
    expect(annotationRecord("alb.ingress.kubernetes.io/", "conditionsXa")).toBeUndefined();
  });

  it("proposes nothing that Hawser would not serve", () => {
    const proposed = Object.values(INSTEAD).flatMap((text) => text.split(" with "));
    const names = proposed.map((key) => key.slice(PREFIXES.ours.length));
    expect(names.filter((name) => !NGINX_NAMES.includes(name))).toEqual([]);
    const prefixes = names.map((name) => annotationRecord(PREFIXES.ours, name)?.served?.prefixes);
    expect(prefixes.every((one) => one?.includes(PREFIXES.ours))).toBe(true);
  });

  it("says of each what it is, and closes hosts only where something is closed", () => {
    for (const { doc, scope, risks = [] } of records) {
      expect(doc).toMatch(/^[A-Z].*[^.]$/);
      if (scope === "host") expect(risks.every(({ effect }) => /^(?:restriction|snippet)$/.test(effect))).toBe(true);
    }
  });
});
