import type { OptionValues } from "#src/process/option-spec.ts";
import type { ingressOptions } from "#ingress/ingress-options.ts";

/** The ports for requests. */
export const REQUEST_PORTS = ["http", "https"] as const;

export type RequestPort = (typeof REQUEST_PORTS)[number];

/** Their numbers, as the options say. */
export function requestPorts({
  httpPort,
  httpsPort,
}: Pick<OptionValues<typeof ingressOptions>, "httpPort" | "httpsPort">): Readonly<Record<RequestPort, number>> {
  return { http: httpPort, https: httpsPort };
}
