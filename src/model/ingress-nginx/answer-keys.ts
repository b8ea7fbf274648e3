import { ASKS } from "#src/model/annotations/asks.ts";
import { commaList } from "#src/model/comma-list.ts";
import { bytesOf, JUDGE } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

const COMPRESSION =
  "Hawser compresses answers where its options say so, and no others; those that Services compress pass";

/** Keys about answers, and about what is logged of them. */
export const ANSWER_KEYS: readonly NginxSetting[] = [
  {
    names: ["add-headers"],
    read: "Read from there, with the ConfigMap that it names: header fields of all answers",
  },
  {
    names: ["global-allowed-response-headers"],
    judge: JUDGE.option("--allowed-response-headers", headerNames),
  },
  {
    names: ["hide-headers"],
    judge: JUDGE.option("--hide-response-headers", headerNames),
  },
  {
    names: ["server-tokens"],
    judge: JUDGE.onOff(
      JUDGE.notServed("The field Server has no version"),
      JUDGE.same("The field Server has no version"),
    ),
  },
  {
    names: ["allow-backend-server-header"],
    judge: JUDGE.onOff(
      JUDGE.same("The field Server of a Service passes"),
      JUDGE.notServed("The field Server of a Service passes"),
    ),
  },
  { names: ["custom-http-errors"], annotation: "same-name" },
  { names: ["disable-proxy-intercept-errors"], judge: JUDGE.same("Answers of Services pass as they are") },
  { names: ["use-gzip"], judge: JUDGE.onOff(JUDGE.flag("--gzip"), JUDGE.same(COMPRESSION)) },
  { names: ["enable-brotli"], judge: JUDGE.onOff(JUDGE.flag("--brotli"), JUDGE.same(COMPRESSION)) },
  { names: ["gzip-level"], judge: JUDGE.option("--gzip-level", levelWithin(9)) },
  { names: ["gzip-min-length"], judge: JUDGE.option("--gzip-min-length", leastBytes) },
  { names: ["gzip-types"], judge: JUDGE.option("--gzip-types", mediaTypes) },
  { names: ["brotli-level"], judge: JUDGE.option("--brotli-level", levelWithin(11), "9 is the highest") },
  { names: ["brotli-min-length"], judge: JUDGE.option("--brotli-min-length", leastBytes) },
  { names: ["brotli-types"], judge: JUDGE.option("--brotli-types", mediaTypes) },
  { names: ["gzip-*", "brotli-*"], judge: JUDGE.needless("A detail of compression") },
  {
    names: [
      "proxy-cookie-path",
      "proxy-cookie-domain",
      "proxy-redirect-from",
      "proxy-redirect-to",
      "relative-redirects",
    ],
    annotation: "same-name",
  },
  {
    names: ["use-port-in-redirects"],
    judge: JUDGE.where(
      ASKS.on,
      JUDGE.notServed(
        "Redirects have the port that the client asked, and those to HTTPS the one of --ssl-redirect-port, which is 443 by default",
        "Give the ingress --ssl-redirect-port with the port for HTTPS that clients see, if that is not 443",
      ),
      JUDGE.same("Redirects to HTTPS name no port, unless --ssl-redirect-port says one"),
    ),
  },
  {
    names: ["disable-access-log"],
    judge: JUDGE.onOff(
      JUDGE.same("Requests are not logged unless --access-log says so"),
      JUDGE.flag("--access-log", "One JSON object for each request"),
    ),
    byDefault: "false",
  },
  {
    names: ["log-format-upstream"],
    read: "Read from there: the lines of the access log, where --access-log writes one and --access-log-format is not given",
  },
  {
    names: ["skip-access-log-urls"],
    read: "Read from there: requests for these paths are not logged; whole paths, no regular expressions",
  },
  {
    names: ["log-format-escape-json"],
    read: "Read from there: what clients send is escaped as in JSON, else as nginx does by default",
  },
  {
    names: ["log-format-escape-none"],
    judge: JUDGE.onOff(
      JUDGE.notServed(
        "What clients send is always escaped, so that a line stays one line",
        "Change what reads the log",
      ),
      JUDGE.same("What clients send is escaped"),
    ),
  },
  {
    names: ["enable-access-log-for-default-backend"],
    judge: JUDGE.onOff(
      JUDGE.same("Requests that no rule matches are logged"),
      JUDGE.notServed("Requests that no rule matches are logged, too", "Skip them in what reads the log"),
    ),
  },
  {
    names: ["access-log-params", "access-log-path", "http-access-log-path", "stream-access-log-path", "error-log-path"],
    judge: JUDGE.needless("Logs go to standard output"),
  },
  {
    names: ["enable-syslog", "syslog-host", "syslog-port"],
    judge: JUDGE.notServed("Logs go to standard output", "Let an agent of the node send them on"),
  },
  { names: ["error-log-level"], judge: JUDGE.needless("--log-level says what is logged") },
  {
    names: ["enable-opentelemetry", "enable-opentracing"],
    judge: JUDGE.onOff(
      JUDGE.notServed(
        "Hawser makes no spans and exports no traces",
        "Let the Services export them: W3C trace context (traceparent, tracestate) passes through to the endpoint, and --trace-context=make begins a trace where the client sends none",
      ),
      JUDGE.same("Hawser sends no traces"),
    ),
  },
  {
    names: ["opentelemetry-*", "otlp-*", "otel-*", "opentracing-*", "zipkin-*", "jaeger-*", "datadog-*"],
    judge: JUDGE.needless("A detail of traces, which Hawser does not send"),
  },
];

/** A level of compression; Hawser has 1 to 9. */
function levelWithin(most: number): (value: string) => number | undefined {
  return (value) =>
    /^\d{1,2}$/.test(value) && Number(value) <= most ? Math.min(9, Math.max(1, Number(value))) : undefined;
}

function leastBytes(value: string): number | undefined {
  const bytes = bytesOf(value);
  return bytes === undefined ? undefined : Math.min(bytes, 1_048_576);
}

/** A list of media types, with blanks; or `*`. */
function mediaTypes(value: string): string | undefined {
  const types = value.split(/\s+/);
  return types.every((type) => /^(?:\*|[\w.+-]{1,100}\/[\w.+-]{1,100})$/.test(type)) ? types.join(",") : undefined;
}

/** A list of names of header fields, with commas. */
function headerNames(value: string): string | undefined {
  const names = commaList(value);
  return names.length > 0 && names.every((name) => /^[A-Za-z0-9_-]{1,128}$/.test(name)) ? names.join(",") : undefined;
}
