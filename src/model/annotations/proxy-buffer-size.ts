import type { ServedAnnotation } from "./annotation-record.ts";
import { parseSize } from "./parse-size.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

/** In bytes. */
export const PROXY_BUFFER_SIZE: ServedAnnotation<number> = {
  names: ["proxy-buffer-size"],
  doc: "The largest head of an answer; beyond: 502 (`answer-head-too-large`). Values below `32k` count as that, which is the default, and values above `48k` as `48k`",
  served: {
    prefixes: OWN_PREFIXES,
    parse: tunedBy((text) => parseSize(text) || undefined, 'Write a size such as "16k"'),
  },
};
