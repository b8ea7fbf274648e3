import { isDnsLabel } from "#src/model/name.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

export const DEFAULT_BACKEND: ServedAnnotation<string> = {
  names: ["default-backend"],
  doc: "The Service of the same namespace whose first port gets the requests for a path whose Service has no ready endpoint, or does not exist",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy(
      (text) => (isDnsLabel(text) ? text : undefined),
      "Write the name of a Service of the same namespace",
    ),
  },
  risks: [{ effect: "fallback" }],
};
