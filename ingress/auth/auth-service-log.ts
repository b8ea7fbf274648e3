import type { Logger } from "#src/process/log.ts";
import type { AuthFailure } from "./auth-service.ts";
import { logPace } from "./log-pace.ts";

/**
 * Says in the log why services of `auth-url` do not say who may come in, each way of one path every 10 s at most: the name of a service may be
 * one that clients choose.
 */
export function authServiceLog(log: Pick<Logger, "warn">, clockMs: () => number): (failure: AuthFailure) => void {
  const isDue = logPace(clockMs);
  return ({ place, service, kind, why }) => {
    if (isDue(`${kind} ${place}`)) log.warn({ place, service, why }, "service of auth-url failed");
  };
}
