import { describe, expect, it } from "vitest";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import type { Rule } from "#src/routing/rule.ts";
import { explainAccess } from "#src/view/explain-access.ts";
import type { UrlContext } from "#src/view/url-context.ts";
import { jwtPolicyOf } from "#test/support/jwt-proxy.ts";

const LEAST = { issuer: "https://id.test", jwks: { uri: "https://id.test/keys" } };

/** The steps of a request with these values of Authorization, at a rule whose policy says this besides. */
function explained(values: readonly string[], more: object = {}) {
  const request = { target: "/", valuesOf: (name: string) => (name === "authorization" ? values : []) };
  const auth = {
    namespace: "shop",
    basic: undefined,
    external: undefined,
    jwt: jwtPolicyOf({ ...LEAST, ...more }),
    satisfy: "all",
    sources: undefined,
  } as const;
  const rule = { filters: { ...NO_FILTERS, auth } } as unknown as Rule;
  return explainAccess({ request, question: {} } as unknown as UrlContext, rule).map(({ step, answer }) => [
    step.verdict,
    step.text,
    answer?.status,
  ]);
}

describe("explainAccess() at a rule that asks for a token", () => {
  it.each<[string, readonly string[], object, readonly [string, RegExp, number | undefined]]>([
    ["says that there is none", [], {}, ["bad", /answered 401: the policy asks for a token/, 401]],
    ["says that one is optional", [], { optional: true }, ["ok", /a token is optional/, undefined]],
    ["says that there are several", ["Bearer a", "Bearer b"], {}, ["bad", /answered 400: .* several tokens/, 400]],
    ["judges none without keys", ["Bearer a.b.c"], {}, ["unknown", /verified with the keys of its issuer/, undefined]],
  ])("%s", (_name, values, more, [verdict, text, status]) => {
    expect(explained(values, more)).toEqual([[verdict, expect.stringMatching(text), status]]);
    expect(explained(values, more)[0]?.[1]).toContain("jwt shop/p, https://id.test: ");
  });
});
