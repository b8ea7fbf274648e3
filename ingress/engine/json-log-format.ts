import type { AccessEntry, LoggedAnswer } from "./access-log.ts";
import { KEPT_TEXTS, type KeptText } from "./kept-texts.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogFormat } from "./log-format.ts";
import { TimeTexts } from "./time-texts.ts";

/** A name is at most this long; Kubernetes names and addresses are bounded by what reads them. */
const MAX_NAME_LENGTH = 512;
const NEEDED = ["method", "host", "target", "requestId", "traceId"] as const satisfies readonly KeptText[];

/** One object of JSON a line. */
export function jsonLogFormat(): LogFormat {
  const times = new TimeTexts();
  return {
    needs: new Set(KEPT_TEXTS.filter((name) => (NEEDED as readonly KeptText[]).includes(name))),
    needsAttempts: false,
    write: (line, entry, answer) => writeJson(line, times, { entry, answer }),
  };
}

const [TIME, CLIENT, IS_SECURE, METHOD, HOST, TARGET, STATUS, REASON, BYTES, DURATION, INGRESS, SERVICE, ENDPOINT] = [
  '{"time":"',
  'Z","msg":"request","client":"',
  '","tls":',
  ',"method":"',
  '","host":"',
  '","target":"',
  '","status":',
  ',"reason":"',
  '","bytes":',
  ',"durationMs":',
  ',"ingress":"',
  '","service":"',
  '","endpoint":"',
].map((text) => Buffer.from(text)) as unknown as readonly [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];
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
