import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { printExplanation } from "#cli/print-explanation.ts";
import { RESPONSE_REASONS } from "#ingress/engine/response-reason.ts";
import type { Explanation } from "#src/view/explain.ts";
import { explainUrl } from "#src/view/explain-url.ts";
import { REFUSAL_TEXTS } from "#src/view/request-reason.ts";
import { explainUrlCase, explainUrlCases, explainUrlFolder } from "#test/support/explain-url-cases.ts";

function explanationsOf(name: string): readonly Explanation[] {
  const { seen, questions } = explainUrlCase(name);
  return questions.map((question) => explainUrl(seen, question));
}

/** What a client has asked for before is known to the ingress alone; expressions that take too long are in no file. */
const NOT_GOLDEN = [
  "rate-limited",
  "connections-limited",
  "target-too-long",
  // Of what a client shows on its connection.
  "client-certificate-bad",
  "misdirected",
];
const OF_CERTIFICATES = [
  "SECRET_EXPIRED",
  "SECRET_NOT_YET_VALID",
  "SECRET_HOST_NOT_COVERED",
  "SECRET_EXPIRES_SOON",
  "SECRET_NOT_PEM",
  "INGRESS_SECRET_MISSING",
  "DefaultCertificate",
];

describe("explainUrl() golden cases", () => {
  it.each(explainUrlCases)("F %s", async (name) => {
    const all = explanationsOf(name).map((one) => ({ text: printExplanation(one), json: one }));
    await expect(stringify(all, { lineWidth: 0 })).toMatchFileSnapshot(
      new URL(name.replace(".in.yaml", ".out.yaml"), explainUrlFolder).pathname,
    );
  });

  const said = new Set(
    explainUrlCases.flatMap(explanationsOf).flatMap(({ steps }) => steps.map(({ reason }) => reason)),
  );
  const reasons = Object.keys(REFUSAL_TEXTS).filter((one) => !NOT_GOLDEN.includes(one));
  it.each([...reasons, ...OF_CERTIFICATES])("F a case has the reason %s", (reason) =>
    expect([...said]).toContain(reason),
  );

  it.each(Object.entries(REFUSAL_TEXTS))("F %s has the status of the access log", (reason, { status }) => {
    expect(RESPONSE_REASONS).toMatchObject({ [reason]: { status } });
  });

  it.each(explainUrlCases)("F %s says what to do next where a step is bad", (name) => {
    for (const { steps, next } of explanationsOf(name))
      if (steps.some(({ verdict }) => verdict === "bad")) expect(next).not.toMatch(/^(?:Nothing|$)/);
  });
});
