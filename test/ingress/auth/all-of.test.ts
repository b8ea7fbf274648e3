import { describe, expect, it } from "vitest";
import type { AccessStep, StepDecision } from "#ingress/auth/access-step.ts";
import { allOf } from "#ingress/auth/all-of.ts";
import { refusal } from "#ingress/auth/refusal.ts";
import type { AccessRequest } from "#ingress/engine/access-control.ts";
import { accessGrant } from "#ingress/engine/access-grant.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";

const POLICY: AuthPolicy = {
  namespace: "shop",
  basic: undefined,
  external: undefined,
  satisfy: "all",
  sources: undefined,
};
const BEFORE = { claims: undefined, mayWait: true };
const DENIED = refusal(403, "auth-denied");

/** A request whose texts are gone when `end` is called; kept ones stay. */
function requestOf() {
  let isGone = false;
  const valuesOf = () => (isGone ? ["gone"] : ["there"]);
  const request = { valuesOf, kept: () => ({ valuesOf: () => ["there"] }) } as unknown as AccessRequest;
  return { request, end: () => (isGone = true) };
}

/** A step that passes with a field, the texts of the request and what it knew of its sender as value. */
const adding = (name: string): AccessStep => ({
  decide: (_policy, request, { claims }) => ({
    kind: "pass",
    grant: accessGrant({
      fields: [
        [name, `${request.valuesOf("a").join("")} ${claims === undefined ? "unknown" : JSON.stringify(claims)}`],
      ],
      cookies: [`${name}=1`],
      removes: [name],
      alwaysSetsCookie: name === "X-One",
    }),
  }),
});
const verifying = (sub: string): AccessStep => ({
  decide: () => ({ kind: "pass", grant: undefined, claims: { sub } }),
});
const waiting = (step: AccessStep): AccessStep => ({
  decide: (...of) => Promise.resolve().then(() => step.decide(...of)),
});

async function decided(steps: readonly AccessStep[]) {
  const { request, end } = requestOf();
  const outcome = allOf(steps).decide(POLICY, request, BEFORE);
  end();
  return printed(await outcome);
}

function printed(decision: StepDecision) {
  if (decision.kind === "answer") return decision.status;
  const { grant, claims } = decision;
  return {
    removes: [...(grant?.removes ?? [])].join(" "),
    toEndpoint: grant?.requestLines.toString() ?? "",
    toClient: grant?.responseLines.toString() ?? "",
    toClientAlways: grant?.errorLines.toString() ?? "",
    sub: claims?.["sub"],
  };
}

const NOTHING = { removes: "", toEndpoint: "", toClient: "", toClientAlways: "", sub: undefined };
const BOTH = {
  removes: "x-one x-two",
  toEndpoint: "X-One: there unknown\r\nX-Two: there unknown\r\n",
  toClient: "Set-Cookie: X-Two=1\r\n",
  toClientAlways: "Set-Cookie: X-One=1\r\n",
  sub: undefined,
};
const [one, two] = [adding("X-One"), adding("X-Two")];
const denying: AccessStep = { decide: () => DENIED };
const failing: AccessStep = { decide: () => expect.fail("asked after a refusal") };

describe("allOf", () => {
  it.each<[string, readonly AccessStep[], unknown]>([
    ["no step lets pass", [], NOTHING],
    ["what steps grant adds up", [one, two], BOTH],
    [
      "a step after a wait reads a request that is kept",
      [waiting(verifying("ann")), one],
      { ...BOTH, removes: "x-one", toEndpoint: 'X-One: there {"sub":"ann"}\r\n', toClient: "", sub: "ann" },
    ],
    [
      "what is verified is known to later steps",
      [one, verifying("ann"), two],
      { ...BOTH, toEndpoint: 'X-One: there unknown\r\nX-Two: there {"sub":"ann"}\r\n', sub: "ann" },
    ],
    ["what is verified last counts", [verifying("ann"), verifying("bob")], { ...NOTHING, sub: "bob" }],
    ["a refusal ends it", [one, denying, failing], 403],
    ["a refusal after a wait ends it", [waiting(denying), failing], 403],
  ])("%s", async (_name, steps, expected) => {
    expect(await decided(steps)).toEqual(expected);
  });

  it("decides at once where no step waits", () => {
    expect(allOf([one, two]).decide(POLICY, requestOf().request, BEFORE)).not.toBeInstanceOf(Promise);
  });

  it("a step after a wait has a place to wait, too", async () => {
    let mayWait: boolean | undefined;
    const last: AccessStep = {
      decide(_policy, _request, before) {
        mayWait = before.mayWait;
        return DENIED;
      },
    };
    await allOf([waiting(verifying("ann")), last]).decide(POLICY, requestOf().request, { ...BEFORE, mayWait: false });
    expect(mayWait).toBe(true);
  });
});
