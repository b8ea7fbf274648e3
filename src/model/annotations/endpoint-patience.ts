import type { ServedAnnotation } from "./annotation-record.ts";
import { parseCount } from "./parse-count.ts";
import { parseTime } from "./parse-time.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { PROXY_NEXT_UPSTREAM, PROXY_NEXT_UPSTREAM_TIMEOUT } from "./proxy-next-upstream.ts";
import { tunedBy } from "./tuned-by.ts";

const parse = tunedBy(
  (text) => parseTime(text) || undefined,
  'Write seconds such as "60", or a time such as "5m"; there is no endless one',
);

/** In milliseconds, as the two below. */
const PROXY_CONNECT_TIMEOUT: ServedAnnotation<number> = {
  names: ["proxy-connect-timeout"],
  doc: "How long to wait for a connection to an endpoint, such as `5` (seconds) or `1m`. Beyond: another endpoint, or 504. Left out: as the program's option `--connect-timeout` says",
  served: { prefixes: OWN_PREFIXES, parse },
};

const PROXY_SEND_TIMEOUT: ServedAnnotation<number> = {
  names: ["proxy-send-timeout"],
  doc: "How long an endpoint may take nothing of a request body. Beyond: 504. Left out: as the program's option `--endpoint-timeout` says",
  served: { prefixes: OWN_PREFIXES, parse },
};

const PROXY_READ_TIMEOUT: ServedAnnotation<number> = {
  names: ["proxy-read-timeout"],
  doc: "How long an endpoint may send nothing while its answer is awaited. Beyond: 504. A WebSocket may be silent for as long, and at least as long as the program's option `--tunnel-timeout` says. Left out: as `--endpoint-timeout` says",
  served: { prefixes: OWN_PREFIXES, parse },
};

/** 0: as many as there are endpoints. */
const PROXY_NEXT_UPSTREAM_TRIES: ServedAnnotation<number> = {
  names: ["proxy-next-upstream-tries"],
  doc: "How many endpoints are asked for one request, where the first ones fail before any of them can have answered it; `0`: all. Left out: 3",
  served: { prefixes: OWN_PREFIXES, parse: tunedBy(parseCount, 'Write a whole number such as "3"') },
};

/** How patient requests are with endpoints, by the names that the values have in the program. */
export const ENDPOINT_PATIENCE = {
  connectMs: PROXY_CONNECT_TIMEOUT,
  sendMs: PROXY_SEND_TIMEOUT,
  readMs: PROXY_READ_TIMEOUT,
  endpointTries: PROXY_NEXT_UPSTREAM_TRIES,
  nextEndpointAfter: PROXY_NEXT_UPSTREAM,
  nextEndpointMs: PROXY_NEXT_UPSTREAM_TIMEOUT,
} as const;
