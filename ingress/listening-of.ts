import { networkInterfaces } from "node:os";
import { monotonicMs } from "#src/process/clock.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { ingressOptions } from "./ingress-options.ts";
import type { Listening } from "./own-endpoints.ts";
import { requestPorts } from "./server/request-ports.ts";

/** What the program listens on for requests, as the options say. */
export function listeningOf(options: OptionValues<typeof ingressOptions>): Listening {
  return {
    address: options.bindAddress,
    ports: new Set(Object.values(requestPorts(options))),
    interfaces: networkInterfaces,
    nowMs: monotonicMs,
  };
}
