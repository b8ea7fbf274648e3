import type { ServedAnnotation } from "./annotation-record.ts";
import { parseCount } from "./parse-count.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

const parse = tunedBy(parseCount, 'Write a whole number of KiB such as "512", or "0" for no limit');

const LIMIT_RATE: ServedAnnotation<number> = {
  names: ["limit-rate"],
  doc: "How many KiB a second of one answer are sent; `0`: as fast as the client takes them. What an endpoint sends is held for a while, in pieces of up to 64 KiB, so that the rate is one over seconds and not within them",
  served: { prefixes: OWN_PREFIXES, parse },
};

const LIMIT_RATE_AFTER: ServedAnnotation<number> = {
  names: ["limit-rate-after"],
  doc: "The KiB of each answer that `limit-rate` does not count. Left out: 0",
  served: { prefixes: OWN_PREFIXES, parse },
};

/** How fast answers are sent, in KiB, by the names that the values have in the program. */
export const LIMIT_RATES = { answerKibPerSecond: LIMIT_RATE, answerKibUncounted: LIMIT_RATE_AFTER } as const;
