import type { ServedAnnotation } from "./annotation-record.ts";
import { parseSize } from "./parse-size.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

/** In bytes; 0: any size. */
export const PROXY_BODY_SIZE: ServedAnnotation<number> = {
  names: ["proxy-body-size"],
  doc: "The largest request body, such as `8m`; beyond: 413. `0`: any size. Left out: as the program's option `--max-body-mib` says",
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseSize, 'Write a size such as "8m", or "0" for any size') },
};
