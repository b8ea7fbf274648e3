import { describe, expect, it } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import { printProblem } from "#src/model/problem.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { findRouteConflicts } from "#src/routing/ingress/find-route-conflicts.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { route } from "#src/routing/route.ts";
import type { Rule } from "#src/routing/rule.ts";
import { ingressOf, serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const POLICY = oidcPolicy();
const OTHER: OidcPolicy = { ...POLICY, key: "shop/other" };

type Paths = Readonly<Record<string, string>>;

/** An Ingress of `a.test`, of which all paths ask for the sign-in of a policy. */
function signingIn(
  name: string,
  paths: Paths,
  of: {
    readonly policy?: OidcPolicy;
    readonly settings?: PathSettings;
    readonly tls?: Ingress["tls"];
    readonly host?: string;
  } = {},
): Ingress {
  const settings: PathSettings = { ...of.settings, oidc: of.policy ?? POLICY };
  const tls = of.tls ?? [{ hosts: [], secretName: undefined }];
  return ingressOf(name, { [of.host ?? "a.test"]: paths }, { tls, isRestricted: true, settings });
}

function open(name: string, paths: Paths): Ingress {
  return ingressOf(name, { "a.test": paths }, { tls: [{ hosts: [], secretName: undefined }] });
}

/** The rule that has the requests for a path. */
function ruleFor(ingresses: readonly Ingress[], path: string, host = "a.test"): Rule | undefined {
  const table = buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [80]) }));
  return route(table, { host, path }).rule;
}

/** At which policy the requests for a path sign in. */
function policyFor(ingresses: readonly Ingress[], path: string, host?: string): string | undefined {
  return ruleFor(ingresses, path, host)?.filters.auth?.oidc?.key;
}

const problemsOf = (ingresses: readonly Ingress[]) =>
  findRouteConflicts(routingSnapshot({ ingresses, services: [], slices: [] })).map(({ problem }) =>
    printProblem(problem),
  );

describe("the paths of a sign-in", () => {
  it("lead to it on each host of the policy, also where no rule has them, and only by HTTPS", () => {
    const ingresses = [signingIn("web", { "/app": "s" })];
    for (const path of ["/oauth2/callback", "/oauth2/sign_out", "/app/x"]) {
      expect(policyFor(ingresses, path)).toBe("shop/web");
      expect(ruleFor(ingresses, path)?.filters.httpsRedirect).toBe("always");
    }
    for (const path of ["/oauth2/callback/x", "/oauth2", "/"]) expect(ruleFor(ingresses, path)).toBeUndefined();
    expect(ruleFor(ingresses, "/oauth2/callback", "b.test")).toBeUndefined();
    expect(problemsOf(ingresses)).toEqual([]);
  });

  it("lead to it on wildcard hosts", () =>
    expect(policyFor([signingIn("web", { "/": "s" }, { host: "*.a.test" })], "/oauth2/callback", "x.a.test")).toBe(
      "shop/web",
    ));

  it("lead to it on all hosts, for a default backend", () => {
    const { rules: _rules, ...whole } = signingIn("web", {});
    const ingress = { ...whole, rules: [], defaultBackend: { serviceName: "s", servicePort: 80 } };
    expect(policyFor([ingress], "/oauth2/callback", "any.test")).toBe("shop/web");
  });

  it("ask for no other way to say who one is, and are not rewritten", () => {
    const settings = { authType: "basic", authSecret: "a/b", rewrite: { kind: "replacePath", target: "/x" } } as const;
    const ingresses = [signingIn("web", { "/app": "s" }, { settings })];
    expect(ruleFor(ingresses, "/app")?.filters.auth).toMatchObject({ basic: { secret: "a/b" }, oidc: POLICY });
    expect(ruleFor(ingresses, "/oauth2/callback")?.filters).toMatchObject({
      rewrite: undefined,
      auth: { basic: undefined, oidc: POLICY },
    });
  });

  it("are not made for paths that are closed", () => {
    const ingress = signingIn("web", { "/app": "s" });
    const rules = ingress.rules.map((rule) => ({
      ...rule,
      paths: rule.paths.map((path) => ({ ...path, target: { closed: "closed-restriction" } as const })),
    }));
    expect(ruleFor([{ ...ingress, rules }], "/oauth2/callback")).toBeUndefined();
  });

  it.each([
    {
      of: "another Ingress has all paths of the host: nothing is to be said",
      ingresses: [signingIn("web", { "/app": "s" }), open("all", { "/": "s" })],
      policy: "shop/web",
      problems: [],
    },
    {
      of: "another Ingress has what is around it: the sign-in takes it, and that is said",
      ingresses: [signingIn("web", { "/app": "s" }), open("proxy", { "/oauth2": "s" })],
      policy: "shop/web",
      problems: [
        /^Ingress "default\/proxy" rule a\.test path \/oauth2: Requests for a\.test\/oauth2\/callback do not reach it.*\[OIDC_PATH_TAKEN\]$/,
        /^Ingress "default\/proxy" .*sign_out do not reach it.*\[OIDC_PATH_TAKEN\]$/,
      ],
    },
    {
      of: "another Ingress has exactly this path: it keeps it, and that is said",
      ingresses: [signingIn("web", { "/": "s" }), open("own", { "=/oauth2/callback": "s" })],
      policy: undefined,
      problems: [
        /^HTTPPolicy "shop\/web" spec\.oidc\.callbackPath: Browsers cannot sign in at a\.test: Ingress "default\/own" rule a\.test path =\/oauth2\/callback has the path \/oauth2\/callback\..*\[OIDC_PATH_TAKEN\]$/,
      ],
    },
    {
      of: "the Ingress of the policy has this path itself: the sign-in takes it, and that is said",
      ingresses: [signingIn("web", { "/": "s", "=/oauth2/callback": "s" })],
      policy: "shop/web",
      problems: [/^Ingress "default\/web" .* do not reach it.*\[OIDC_PATH_TAKEN\]$/],
    },
    {
      of: "two Ingresses have one policy: nothing is to be said",
      ingresses: [signingIn("web", { "/app": "s" }), signingIn("more", { "/more": "s" })],
      policy: "shop/web",
      problems: [],
    },
    {
      of: "two policies have the same paths: one of them cannot sign in, and that is said",
      ingresses: [signingIn("web", { "/app": "s" }), signingIn("more", { "/more": "s" }, { policy: OTHER })],
      policy: "shop/other",
      problems: [
        /^HTTPPolicy "shop\/web" spec\.oidc\.callbackPath: Browsers cannot sign in at a\.test: HTTPPolicy "shop\/other" has the path/,
        /^HTTPPolicy "shop\/web" spec\.oidc\.logoutPath: Browsers cannot sign out at a\.test/,
      ],
    },
    {
      of: "the host has no TLS: plain requests are answered 403, and that is said",
      ingresses: [signingIn("web", { "/": "s" }, { tls: [] })],
      policy: "shop/web",
      problems: [
        /^Ingress "default\/web" spec\.tls: Answered 403 to plain requests for a\.test.*\[OIDC_WITHOUT_TLS\]$/,
      ],
    },
  ])("where $of", ({ ingresses, policy, problems }) => {
    expect(policyFor(ingresses, "/oauth2/callback")).toBe(policy);
    expect(problemsOf(ingresses)).toEqual(problems.map((problem): unknown => expect.stringMatching(problem)));
  });
});
