import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { Logger } from "#src/process/log.ts";
import { logPace } from "./log-pace.ts";
import type { SignInFailure } from "./oidc-client.ts";

/** Says in the log why sign-ins fail, each reason of a policy every 10 s at most. */
export function signInLog(
  log: Pick<Logger, "warn">,
  clockMs: () => number,
): (policy: OidcPolicy, failure: SignInFailure) => void {
  const isDue = logPace(clockMs);
  return ({ key: policy, issuer }, { reason, why }) => {
    // Neither too many at once nor a user who may not come in is a fault of the provider.
    if (reason === "access-busy" || reason === "sign-in-denied") return;
    if (isDue(`${reason} ${policy}`)) log.warn({ policy, issuer, reason, why }, "sign-in failed");
  };
}
