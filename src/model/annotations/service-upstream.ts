import type { ServedAnnotation } from "./annotation-record.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";

export const SERVICE_UPSTREAM: ServedAnnotation<boolean> = {
  names: ["service-upstream"],
  doc: "Requests are sent to the address of the Service, which chooses the endpoint; those of a headless Service to its endpoints",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};
