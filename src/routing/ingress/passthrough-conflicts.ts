import { isProofPath } from "#src/filters/is-proof-path.ts";
import { isBackend } from "#src/model/ingress-path.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import { passthroughRule } from "./compile-host.ts";
import type { RouteConflict } from "./find-route-conflicts.ts";
import { printClaim } from "./print-claim.ts";
import { whyFirstOf } from "./why-first.ts";
import type { MergedHost, PathClaim } from "./merge-host.ts";

/** What is not served of a host because its TLS connections are passed on unread, or cannot be. */
export function passthroughConflicts(host: string, merged: MergedHost): readonly RouteConflict[] {
  const { oldest, unpassed } = merged;
  const found = passthroughRule(merged);
  const foreign = unpassed.map((ingress) =>
    unserved(ingress, {
      what: `Closed the paths of this Ingress for ${host}`,
      why: `it asks for the TLS connections of the host, and Ingress "${oldest!.key}", which has the host, too, ${whyFirstOf(oldest!, ingress)}`,
      fix: "Remove ssl-passthrough from it, or give it another host",
    }),
  );
  if (found === undefined) return foreign;
  const { fault, passed } = found;
  const { root, hidden } = passed;
  if (fault !== undefined) {
    const { why, fix } = fault;
    return [unserved(root.ingress, { what: `Closed ${host} for TLS connections`, why, fix }), ...foreign];
  }
  return [
    ...foreign,
    ...hidden.filter((claim) => losesRequests(claim, root)).map((claim) => hiddenBy(host, claim, root)),
  ];
}

function unserved(loser: Ingress, text: Pick<Problem, "what" | "why" | "fix">): RouteConflict {
  const at = "metadata.annotations";
  return {
    loser,
    at,
    reason: "NotServed",
    problem: {
      code: "INGRESS_PASSTHROUGH_UNSERVED",
      at: objectAt("Ingress", loser.key, at),
      ...text,
      severity: "error",
    },
  };
}

/** Whether a path leads elsewhere than the connections do. The proof of a certificate is asked for by plain HTTP. */
function losesRequests({ ingress, target, path, settings }: PathClaim, root: PathClaim): boolean {
  if (!isBackend(target) || isProofPath(path, settings.rewrite)) return false;
  const isSame =
    isBackend(root.target) &&
    ingress.namespace === root.ingress.namespace &&
    target.serviceName === root.target.serviceName &&
    target.servicePort === root.target.servicePort;
  return !isSame;
}

function hiddenBy(host: string, claim: PathClaim, { ingress: winner, at }: PathClaim): RouteConflict {
  const { ingress: loser } = claim;
  return {
    loser,
    at: claim.at,
    reason: "PathTaken",
    problem: {
      code: "INGRESS_PASSTHROUGH_HIDES",
      at: objectAt("Ingress", loser.key, claim.at),
      what: `${printClaim(host, claim)} gets no requests by TLS`,
      why: `all TLS connections for the host go unread to the Service of Ingress "${winner.key}" ${at} (ssl-passthrough)`,
      fix: "Give it another host, or remove ssl-passthrough",
      severity: "warning",
    },
  };
}
