import { ASKS } from "#src/model/annotations/asks.ts";
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
        "How a redirect is written is set for an Ingress only",
        "Write the annotation relative-redirects",
      ),
      JUDGE.same("Redirects are whole URLs"),
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
    judge: JUDGE.notServed(
      "The access log has one JSON object for each request unless --access-log-format says so",
      "Give the text to --access-log-format of the ingress, with the variables that docs/access-log.md lists",
    ),
  },
  {
    names: ["skip-access-log-urls"],
    judge: JUDGE.notServed("All requests are logged", "Give each path to --access-log-skip of the ingress"),
  },
  {
    names: ["log-format-escape-json", "log-format-escape-none", "enable-access-log-for-default-backend"],
    judge: JUDGE.notServed(
      "What clients send is always escaped, as nginx does by default",
      "Take the format json, or change what reads the log",
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
      JUDGE.notServed("Hawser sends no traces. The fields of a trace that a client sends pass to the endpoint"),
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
  const names = value.split(",").flatMap((name) => name.trim() || []);
  return names.length > 0 && names.every((name) => /^[A-Za-z0-9_-]{1,128}$/.test(name)) ? names.join(",") : undefined;
}
