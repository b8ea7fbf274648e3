import { objectAt } from "#src/model/problem-place.ts";
import type { SignInConflict } from "./add-sign-in-paths.ts";
import type { RouteConflict } from "./find-route-conflicts.ts";
import type { MergedHost, PathClaim } from "./merge-host.ts";

/** What keeps browsers from signing in at a host, and requests of other rules that sign-in takes. */
export function signInConflicts(
  host: string,
  { signIns, signInConflicts: found, hasTls }: Pick<MergedHost, "signIns" | "signInConflicts" | "hasTls">,
): readonly RouteConflict[] {
  const shown = host === "" ? "every host" : host;
  const plain = hasTls ? [] : signIns.map((claim) => withoutTls(shown, claim));
  return [...plain, ...found.map((conflict) => (conflict.isTaken ? taken(shown, conflict) : lost(shown, conflict)))];
}

function withoutTls(host: string, { ingress, settings }: PathClaim): RouteConflict {
  return {
    loser: ingress,
    at: "spec.tls",
    reason: "NotServed",
    problem: {
      code: "OIDC_WITHOUT_TLS",
      at: objectAt("Ingress", ingress.key, "spec.tls"),
      what: `Answered 403 to plain requests for ${host}`,
      why: `HTTPPolicy "${settings.oidc?.key}" asks for sign-in, whose cookies go over HTTPS alone, and no Ingress has a tls entry for the host`,
      fix: "Add the host to spec.tls",
      severity: "warning",
    },
  };
}

function taken(host: string, { signIn, field, other }: SignInConflict): RouteConflict {
  return {
    loser: other.ingress,
    at: other.at,
    reason: "PathTaken",
    problem: {
      code: "OIDC_PATH_TAKEN",
      at: objectAt("Ingress", other.ingress.key, other.at),
      what: `Requests for ${host}${signIn.path} do not reach it`,
      why: `HTTPPolicy "${signIn.settings.oidc?.key}" has the path as ${field}`,
      fix: `Write another ${field} into the HTTPPolicy`,
      severity: "warning",
    },
  };
}

function lost(host: string, { signIn, field, other }: SignInConflict): RouteConflict {
  const { key = "" } = signIn.settings.oidc ?? {};
  const owner =
    other.settings.oidc === undefined
      ? `Ingress "${other.ingress.key}" ${other.at}`
      : `HTTPPolicy "${other.settings.oidc.key}"`;
  return {
    loser: signIn.ingress,
    at: signIn.at,
    reason: "PathTaken",
    problem: {
      code: "OIDC_PATH_TAKEN",
      at: objectAt("HTTPPolicy", key, `spec.oidc.${field}`),
      what: field === "callbackPath" ? `Browsers cannot sign in at ${host}` : `Browsers cannot sign out at ${host}`,
      why: `${owner} has the path ${signIn.path}`,
      fix: `Write another ${field}`,
      severity: "error",
    },
  };
}
