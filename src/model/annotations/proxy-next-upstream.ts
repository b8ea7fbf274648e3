import type { ServedAnnotation } from "./annotation-record.ts";
import { parseTime } from "./parse-time.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { tunedBy } from "./tuned-by.ts";

/** What another endpoint may be asked after, in nginx's words; `non_idempotent` allows it for all methods, `off` forbids it. */
const NEXT_CAUSES = [
  "error",
  "timeout",
  "invalid_header",
  "http_500",
  "http_502",
  "http_503",
  "http_504",
  "http_403",
  "http_404",
  "http_429",
  "non_idempotent",
  "off",
] as const;

export type NextCause = (typeof NEXT_CAUSES)[number];

export const PROXY_NEXT_UPSTREAM: ServedAnnotation<ReadonlySet<NextCause>> = {
  names: ["proxy-next-upstream"],
  doc: `After which failures another endpoint is asked, as nginx does, while nothing of an answer has gone to the client: ${NEXT_CAUSES.map((cause) => `\`${cause}\``).join(", ")}. POST, LOCK and PATCH that an endpoint may have seen are sent again with \`non_idempotent\` only, and no request whose body was larger than 64 KiB. Left out: after \`error\` and a \`timeout\` of connecting`,
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseCauses, `Write some of: ${NEXT_CAUSES.join(" ")}`) },
};

/** 0: without end. */
export const PROXY_NEXT_UPSTREAM_TIMEOUT: ServedAnnotation<number> = {
  names: ["proxy-next-upstream-timeout"],
  doc: "For how long after a request came another endpoint may be asked, such as `10` (seconds); `0`: without end, as where it is left out",
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseTime, 'Write seconds such as "10", or "0"') },
};

/** As in nginx `off` wins over all others. */
function parseCauses(text: string): ReadonlySet<NextCause> | undefined {
  const words = text.split(/\s+/);
  const causes = new Set(NEXT_CAUSES.filter((cause) => words.includes(cause)));
  if (words.some((word) => !NEXT_CAUSES.some((cause) => cause === word))) return undefined;
  return causes.has("off") ? new Set(["off"]) : causes;
}
