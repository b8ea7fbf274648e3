import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseHttpPolicy } from "#src/model/policies/http-policy.ts";
import { printProblem } from "#src/model/problem.ts";
import { object } from "#test/model/build.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const page = readFileSync(new URL("../../docs/sign-in.md", import.meta.url), "utf8");

describe("docs/sign-in.md", () => {
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);

  it("has examples that Hawser reads without a Problem", () => {
    expect(examples).toHaveLength(2);
    for (const text of examples) {
      const parsed = parseHttpPolicy(object(text));
      expect(parsed.problems.map(printProblem)).toEqual([]);
      expect(parsed.ok && parsed.value.parts.map(({ name }) => name)).toEqual(["oidc"]);
    }
  });

  it("has a row for each field", () => {
    const { key: _key, acceptsTokens: acceptTokens, ...others } = oidcPolicy();
    const fields = { ...others, acceptTokens };
    const rows = [...page.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name = ""]) =>
      name.replace(/\..*/, "").replace(/Ref$/, ""),
    );
    expect(new Set(rows)).toEqual(new Set(Object.keys(fields)));
  });
});
