import { hostFieldOf } from "#src/auth/host-field-of.ts";
import type { HttpsRedirectStatus } from "#src/model/settings-of-all.ts";
import type { FilterAnswer } from "./filter-answer.ts";
import type { FilterRequest } from "./filter-request.ts";
import type { FilterState } from "./filter-state.ts";
import { PROOFS_PATH } from "./is-proof-path.ts";

/** Plain requests are redirected to HTTPS: always, or where the program's option says so. */
export type HttpsPolicy = "always" | "by-option" | HttpsPolicyWithStatus;

/** The same with another status than 308. */
interface HttpsPolicyWithStatus {
  readonly when: "always" | "by-option";
  readonly status: HttpsRedirectStatus;
}

/**
 * Sends a plain request to the same host, path and query by HTTPS, on the port that clients see. That of the request is another one, so it goes.
 * It is served as it is where it names no host, or where its normalised path is there to get a certificate.
 */
export function redirectToHttps(
  policy: HttpsPolicy,
  request: FilterRequest,
  { redirectsToHttps, sslRedirectPort = 443 }: FilterState,
): FilterAnswer | undefined {
  const { when, status } = typeof policy === "string" ? { when: policy, status: 308 as const } : policy;
  if (request.isSecure || !(when === "always" || redirectsToHttps)) return undefined;
  const { visibleHost: host } = request;
  if (host === undefined || request.path.startsWith(PROOFS_PATH)) return undefined;
  return {
    status,
    location: `https://${hostFieldOf({ host, scheme: "https", port: sslRedirectPort })}${request.target}`,
  };
}
