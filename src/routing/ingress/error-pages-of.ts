import type { ErrorPages } from "#src/filters/error-pages.ts";
import { isBackend } from "#src/model/ingress-path.ts";
import type { PathClaim } from "./merge-host.ts";

/** Which errors of a path another Service answers in place of, as is said of it; the fields are those of ingress-nginx. */
export function errorPagesOf({ ingress, target, settings }: PathClaim): ErrorPages | undefined {
  const { customErrors, isNotIntercepted } = settings;
  if (customErrors === undefined || !isBackend(target)) return undefined;
  const lines = [
    `X-Namespace: ${ingress.namespace}`,
    `X-Ingress-Name: ${ingress.name}`,
    `X-Service-Name: ${target.serviceName}`,
    `X-Service-Port: ${target.servicePort}`,
  ];
  return {
    statuses: new Set(customErrors),
    intercepts: isNotIntercepted !== true,
    lines: lines.map((line) => `${line}\r\n`).join(""),
  };
}
