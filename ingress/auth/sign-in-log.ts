import { RecentMap } from "#src/collections/recent-map.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { Logger } from "#src/process/log.ts";
import type { SignInFailure } from "./oidc-client.ts";

/** How often the log says why sign-ins of one policy fail: browsers make them fail as often as they like. */
const EVERY_MS = 10_000;
const MAX_POLICIES = 1_024;

/** Says in the log why sign-ins fail, each reason of a policy every 10 s at most. */
export function signInLog(
  log: Pick<Logger, "warn">,
  clockMs: () => number,
): (policy: OidcPolicy, failure: SignInFailure) => void {
  const said = new RecentMap<number>(MAX_POLICIES);
  return ({ key: policy, issuer }, { reason, why }) => {
    // Neither too many at once nor a user who may not come in is a fault of the provider.
    if (reason === "access-busy" || reason === "sign-in-denied") return;
    const nowMs = clockMs();
    const lastMs = said.get(`${reason} ${policy}`);
    if (lastMs !== undefined && nowMs - lastMs < EVERY_MS) return;
    said.set(`${reason} ${policy}`, nowMs);
    log.warn({ policy, issuer, reason, why }, "sign-in failed");
  };
}
