import type { LogVariableName } from "#src/model/log-variable-names.ts";
import { hostOf } from "#src/routing/host.ts";
import type { AccessEntry, LoggedAnswer } from "./access-log.ts";
import type { Attempt } from "#ingress/engine/endpoints/attempt.ts";
import { backendServiceName, upstreamName } from "#ingress/engine/upstream-name.ts";
import type { KeptText } from "./kept-texts.ts";
import type { TimeTexts } from "./time-texts.ts";

/** What a variable is made of. */
export interface LoggedRequest {
  readonly entry: AccessEntry;
  readonly answer: LoggedAnswer;
  readonly times: TimeTexts;
}

/** A variable of a template: a text that is kept of the request as it came; or one that is made, empty where there is none. */
export type LogVariable =
  | { readonly kind: "kept"; readonly meaning: string; readonly name: KeptText }
  | {
      readonly kind: "made";
      readonly meaning: string;
      readonly needs: readonly KeptText[];
      make(request: LoggedRequest): string;
    };

const kept = (meaning: string, name: KeptText): LogVariable => ({ kind: "kept", meaning, name });
const made = (
  meaning: string,
  make: (request: LoggedRequest) => string,
  needs: readonly KeptText[] = [],
): LogVariable => ({ kind: "made", meaning, needs, make });
const seconds = (ms: number): string => (Math.max(0, ms) / 1_000).toFixed(3);
const attempts = (meaning: string, print: (attempt: Attempt, request: LoggedRequest) => string): LogVariable =>
  made(meaning, (request) => request.entry.attempts.map((attempt) => print(attempt, request)).join(", "));

/** The variables of the access log's templates: those of nginx and ingress-nginx that say something here, and `$reason`. */
export const LOG_VARIABLES: Readonly<Record<LogVariableName, LogVariable>> = {
  remote_addr: made("the address of the client", ({ entry }) => entry.client),
  the_real_ip: made("the same", ({ entry }) => entry.client),
  realip_remote_addr: made("the same", ({ entry }) => entry.client),
  proxy_add_x_forwarded_for: made("the same: the endpoint gets no other X-Forwarded-For", ({ entry }) => entry.client),
  remote_user: kept("the name of a client that has name and password; never its password", "user"),
  time_local: made("when the request ended, in UTC", ({ times, answer }) => times.local(answer.wallMs)),
  time_iso8601: made("the same moment, as ISO 8601", ({ times, answer }) => `${times.iso(answer.wallMs)}+00:00`),
  msec: made("the same moment, in seconds since 1970", ({ answer }) => seconds(answer.wallMs)),
  request: made("the request line", ({ entry }) => requestLine(entry), ["method", "target", "protocol"]),
  request_method: kept("the method", "method"),
  request_uri: kept("path and query", "target"),
  uri: made("the path, as the client wrote it", ({ entry }) => targetOf(entry).replace(/\?.*$/s, ""), ["target"]),
  args: made("the query, without its question mark", ({ entry }) => queryOf(entry), ["target"]),
  query_string: made("the same", ({ entry }) => queryOf(entry), ["target"]),
  server_protocol: kept("HTTP/1.0, HTTP/1.1 or HTTP/2.0", "protocol"),
  scheme: made("http or https", ({ entry }) => (entry.isSecure ? "https" : "http")),
  host: made(
    "the host of the request, in small letters, without port",
    ({ entry }) => hostOf(entry.kept.get("host").toString("latin1")) ?? "",
    ["host"],
  ),
  http_host: kept("the field Host", "host"),
  http_referer: kept("the field Referer", "referer"),
  http_user_agent: kept("the field User-Agent", "userAgent"),
  http_x_forwarded_for: kept("the field X-Forwarded-For that the client sent", "forwardedFor"),
  status: made("the status of the answer", ({ answer }) => String(answer.status)),
  bytes_sent: made("bytes sent to the client", ({ answer }) => String(answer.bytes)),
  body_bytes_sent: made("the same without heads", ({ answer }) => String(answer.bodyBytes)),
  request_length: made("bytes of the request", ({ answer }) => String(answer.requestBytes)),
  request_time: made("seconds from the head of the request to the end of its answer", ({ answer }) =>
    seconds(answer.durationMs),
  ),
  proxy_upstream_name: made("namespace, Service and port of the rule, with hyphens between them", ({ entry }) =>
    upstreamName(entry.mainService),
  ),
  proxy_alternative_upstream_name: made("the same of the canary that got the request", ({ entry }) =>
    upstreamName(entry.canaryService),
  ),
  upstream_addr: attempts("the endpoints that were asked", ({ endpoint }) => endpoint),
  upstream_status: attempts("the status of each; of one that failed the status that stands for that", ({ status }) =>
    status === 0 ? "-" : String(status),
  ),
  upstream_response_length: attempts("bytes of the body of each", ({ bodyBytes }) => String(bodyBytes)),
  upstream_response_time: attempts("seconds that each took", ({ beganMs, endedMs }, { answer }) =>
    seconds((endedMs === 0 ? answer.endedMs : endedMs) - beganMs),
  ),
  req_id: kept("X-Request-ID, as the endpoint got it", "requestId"),
  request_id: kept("the same", "requestId"),
  opentelemetry_trace_id: kept("the trace id of traceparent", "traceId"),
  namespace: made("the namespace of the Ingress", ({ entry }) => part(entry.ingress, 0)),
  ingress_name: made("the name of the Ingress", ({ entry }) => part(entry.ingress, 1)),
  service_name: made("the Service that got the request", ({ entry }) => backendServiceName(entry.service)),
  service_port: made("its port, as the Ingress names it", ({ entry }) => /:([^:]*)$/.exec(entry.service)?.[1] ?? ""),
  reason: made("why no endpoint answered to the end", ({ answer }) => answer.reason ?? ""),
};

function targetOf({ kept: texts }: AccessEntry): string {
  return texts.get("target").toString("latin1");
}

function queryOf(entry: AccessEntry): string {
  return /\?(.*)$/s.exec(targetOf(entry))?.[1] ?? "";
}

function requestLine({ kept: texts }: AccessEntry): string {
  const [method = "", target = "", protocol = ""] = (["method", "target", "protocol"] as const).map((name) =>
    texts.get(name).toString("latin1"),
  );
  return method === "" ? "" : `${method} ${target} ${protocol}`;
}

function part(key: string, index: number): string {
  return key.split("/")[index] ?? "";
}
