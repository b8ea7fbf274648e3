import { isBackend, isClosed } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { type LostAlias, type LostClaim, type MergedHost, mergeHosts, type PathClaim } from "./merge-host.ts";
import type { RoutingSnapshot } from "./routing-snapshot.ts";
import { printClaim } from "./print-claim.ts";
import { whyFirstOf } from "./why-first.ts";
import { passthroughConflicts } from "./passthrough-conflicts.ts";
import { signInConflicts } from "./sign-in-conflicts.ts";

/** A rule that takes no requests. */
export interface RouteConflict {
  /** The Ingress whose rule it is. */
  readonly loser: Ingress;
  /** The place of the rule in it: `spec.rules[0].http.paths[1]`. */
  readonly at: string;
  /** Of the Event about it. */
  readonly reason: "PathTaken" | "NotServed";
  readonly problem: Problem;
}

/** Conflicts of one host that are reported at once; once these are fixed the next ones are. */
const MAX_CONFLICTS_PER_HOST = 100;

/** All rules that take no requests, because another one of the same host, path and type goes first. */
export function findRouteConflicts(snapshot: Pick<RoutingSnapshot, "claims" | "compat">): readonly RouteConflict[] {
  const merged = [...mergeHosts(snapshot.claims.keys(), snapshot)];
  return merged.flatMap(([host, one]) => (one === undefined ? [] : conflictsOfHost(host, one)));
}

/** The rules of one host that take no requests. Two that lead to the same Service and port do not count. */
export function conflictsOfHost(host: string, merged: MergedHost): readonly RouteConflict[] {
  const aliases = merged.lostAliases.map((alias) => aliasTaken(host, alias));
  if (merged.aliasOf !== undefined) return aliases.slice(0, MAX_CONFLICTS_PER_HOST);
  const lost = merged.lost.filter((claims) => !leadToSame(claims));
  const taken = lost.map(({ loser, winner }): RouteConflict => ({
    loser: loser.ingress,
    at: loser.at,
    reason: "PathTaken",
    problem: {
      code: "INGRESS_PATH_TAKEN",
      at: objectAt("Ingress", loser.ingress.key, loser.at),
      what: `Cannot serve ${printClaim(host, loser)}`,
      why: `Ingress "${winner.ingress.key}" ${winner.at} has the same host, path and type, and ${whyFirst(winner, loser)}`,
      fix: "Remove one of the two, or give them different paths",
      severity: "warning",
    },
  }));
  const alone = merged.alone.map((claim) => aloneOf(claim, whyAlone(host, claim)));
  const uncovered = merged.uncovered.map((claim) => aloneOf(claim, UNCOVERED));
  const unpassed = passthroughConflicts(host, merged);
  return [...taken, ...aliases, ...alone, ...uncovered, ...signInConflicts(host, merged), ...unpassed].slice(
    0,
    MAX_CONFLICTS_PER_HOST,
  );
}

function aliasTaken(host: string, { loser, winner, isNamed }: LostAlias): RouteConflict {
  const at = "metadata.annotations";
  const why =
    loser === winner
      ? "a rule of it names the host"
      : isNamed
        ? `a rule of Ingress "${winner.key}" names the host`
        : `Ingress "${winner.key}" adds the host, too, and ${whyFirstOf(winner, loser)}`;
  return {
    loser,
    at,
    reason: "PathTaken",
    problem: {
      code: "INGRESS_ALIAS_TAKEN",
      at: objectAt("Ingress", loser.key, at),
      what: `Ignored ${host} in server-alias`,
      why,
      fix: `Remove ${host} from the annotation, or from the other Ingress`,
      severity: "warning",
    },
  };
}

function whyAlone(host: string, { pathType }: PathClaim): AloneText {
  const shown = host === "" ? "requests for any host" : `host ${host}`;
  return {
    why:
      pathType === "default"
        ? "a canary has requests for paths alone"
        : `no other Ingress of its namespace that is served has this path and type for ${shown}`,
    fix: "Give it the host, path and pathType of a path of the main Ingress, or remove the annotation canary",
  };
}

type AloneText = Pick<Problem, "why" | "fix">;

const UNCOVERED: AloneText = {
  why: "an HTTPPolicy asks more of its requests than is asked of those for the path of the main Ingress, of which they are a part",
  fix: "Attach the policy to the main Ingress, too",
};

function aloneOf({ ingress, at }: PathClaim, text: AloneText): RouteConflict {
  return {
    loser: ingress,
    at,
    reason: "NotServed",
    problem: {
      code: "INGRESS_CANARY_ALONE",
      at: objectAt("Ingress", ingress.key, at),
      what: "This path of a canary gets no requests",
      ...text,
      severity: "error",
    },
  };
}

/** Whether the claim that loses loses nothing. */
function leadToSame({ loser, winner }: LostClaim): boolean {
  if (isClosed(loser.target) || isClosed(winner.target)) return isClosed(loser.target) && isClosed(winner.target);
  if (!isBackend(loser.target) || !isBackend(winner.target)) return false;
  return (
    loser.ingress.namespace === winner.ingress.namespace &&
    loser.target.serviceName === winner.target.serviceName &&
    loser.target.servicePort === winner.target.servicePort
  );
}

function whyFirst({ ingress: winner }: PathClaim, { ingress: loser }: PathClaim): string {
  return winner === loser ? "comes earlier in it" : whyFirstOf(winner, loser);
}
