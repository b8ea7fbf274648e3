import type { ServedAnnotation } from "./annotation-record.ts";
import { parseSwitch } from "./parse-switch.ts";
import { OWN_PREFIXES } from "./prefixes.ts";

export const ENABLE_ACCESS_LOG: ServedAnnotation<boolean> = {
  names: ["enable-access-log"],
  doc: "Whether requests are in the access log, where the program's option `--access-log` writes one; `true` by default",
  served: { prefixes: OWN_PREFIXES, parse: parseSwitch },
};
