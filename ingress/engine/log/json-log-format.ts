import type { AccessEntry, LoggedAnswer } from "./access-log.ts";
import type { KeptText } from "./kept-texts.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogFormat } from "./log-format.ts";
import { TimeTexts } from "./time-texts.ts";

/** A name is at most this long; Kubernetes names and addresses are bounded by what reads them. */
const MAX_NAME_LENGTH = 512;
const NEEDS: ReadonlySet<KeptText> = new Set(["method", "host", "target", "requestId", "traceId"] as const);

/** One object of JSON a line. */
export function jsonLogFormat(): LogFormat {
  const times = new TimeTexts();
  return {
    needs: NEEDS,
    needsAttempts: false,
    write: (line, entry, answer) => writeJson(line, times, { entry, answer }),
  };
}

const TIME = Buffer.from('{"time":"');
const CLIENT = Buffer.from('Z","msg":"request","client":"');
const IS_SECURE = Buffer.from('","tls":');
const METHOD = Buffer.from(',"method":"');
const HOST = Buffer.from('","host":"');
const TARGET = Buffer.from('","target":"');
const STATUS = Buffer.from('","status":');
const REASON = Buffer.from(',"reason":"');
const BYTES = Buffer.from('","bytes":');
const DURATION = Buffer.from(',"durationMs":');
const INGRESS = Buffer.from(',"ingress":"');
const SERVICE = Buffer.from('","service":"');
const ENDPOINT = Buffer.from('","endpoint":"');
const REQUEST_ID = Buffer.from('","requestId":"');
const TRACE_ID = Buffer.from('","traceId":"');
const END = Buffer.from('"}');

function writeJson(
  line: LineWriter,
  times: TimeTexts,
  { entry, answer }: { readonly entry: AccessEntry; readonly answer: LoggedAnswer },
): void {
  const { client, isSecure, ingress, service, endpoint } = entry;
  const { status, reason = "", bytes, wallMs, durationMs } = answer;
  line.add(TIME);
  line.ascii(times.iso(wallMs));
  line.ascii(`.${String(Math.floor(wallMs) % 1_000).padStart(3, "0")}`);
  line.add(CLIENT);
  line.text(client, "json");
  line.add(IS_SECURE);
  line.ascii(isSecure ? "true" : "false");
  line.add(METHOD);
  writeKept(line, entry, "method");
  line.add(HOST);
  writeKept(line, entry, "host");
  line.add(TARGET);
  writeKept(line, entry, "target");
  line.add(STATUS);
  line.ascii(String(status));
  line.add(REASON);
  line.ascii(reason);
  line.add(BYTES);
  line.ascii(String(bytes));
  line.add(DURATION);
  line.ascii(String(Math.round(durationMs * 1_000) / 1_000));
  line.add(INGRESS);
  line.text(ingress.slice(0, MAX_NAME_LENGTH), "json");
  line.add(SERVICE);
  line.text(service.slice(0, MAX_NAME_LENGTH), "json");
  line.add(ENDPOINT);
  line.text(endpoint.slice(0, MAX_NAME_LENGTH), "json");
  line.add(REQUEST_ID);
  writeKept(line, entry, "requestId");
  line.add(TRACE_ID);
  writeKept(line, entry, "traceId");
  line.add(END);
}

function writeKept(line: LineWriter, { kept }: AccessEntry, name: KeptText): void {
  line.escaped(kept.bytes, kept.startOf(name), kept.endOf(name), "json");
}
