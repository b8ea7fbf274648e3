import { describe, expect, it } from "vitest";
import { parseManifests } from "#src/model/manifest.ts";
import { annotationRecord, ANNOTATION_TABLE } from "#src/model/annotations/annotation-table.ts";
import { PREFIXES } from "#src/model/annotations/prefixes.ts";
import { parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import { POLICY_REASONS } from "#src/model/policies/policy-reason.ts";
import { SETTING_NAMES } from "#src/model/policies/policy-settings.ts";
import { SLOT_NAMES } from "#src/model/policies/policy-slots.ts";
import { read, root, tableOf, withTable } from "./page.ts";

const page = read("docs/policies.md");

function reasons(): string {
  const rows = Object.entries(POLICY_REASONS).map(([reason, meaning]) => [
    `\`${reason}\``,
    reason === "Accepted" ? "True" : "False",
    meaning,
  ]);
  return tableOf(["Reason", "Status", "The policy"], rows);
}

function settings(): string {
  const known = new Set(SETTING_NAMES.map((name) => annotationRecord(PREFIXES.ours, name)));
  // Annotations of other controllers may have the name of a setting, and are not one.
  const records = ANNOTATION_TABLE.flatMap((family) => family.records).filter((record) => known.has(record));
  const rows = records.map(({ names, doc }) => [names.map((name) => `\`${name}\``).join(", "), `${doc}.`]);
  return tableOf(["Setting", "Says"], rows);
}

describe("docs/policies.md", () => {
  it("E has all settings and reasons, as the tables say (`npm test -- test/docs -u` writes it again)", async () => {
    const written = withTable(page, "src/model/policies/policy-reason.ts", reasons());
    await expect(withTable(written, "src/model/policies/policy-settings.ts", settings())).toMatchFileSnapshot(
      `${root}docs/policies.md`,
    );
  });

  it("E has a row for each field beside targetRefs and settings", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name);
    expect(rows).toEqual(expect.arrayContaining(["settings", ...SLOT_NAMES]));
  });

  it("E shows a policy that can be read", () => {
    const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const parsed = parseHttpPolicy(parseManifests(text, "p.yaml").objects[0]!);
    expect([parsed.problems, parsed.ok && parsed.value.isClosed]).toEqual([[], false]);
    expect(read("README.md")).toContain("(docs/policies.md)");
    expect(read("docs/annotations.md")).toContain("(policies.md)");
  });
});
