import { addedLines, type ResponseEdit } from "#src/filters/response-edit.ts";
import type { LimitStatus } from "#src/model/limit-status.ts";
import type { GrpcAnswer } from "#ingress/engine/grpc/grpc-answer.ts";
import type { DateLine } from "#ingress/engine/date-line.ts";

/** The statuses of the proxy's own answers. 499 is never sent: it says in the log that the client was gone. */
const PHRASES = {
  200: "OK",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  508: "Loop Detected",
} as const;

/** A status of one of the proxy's own answers. */
export type AnswerStatus = keyof typeof PHRASES | LimitStatus;

/** Of a status that a limit has, and that is none of ours, its class (RFC 9110 section 15). */
function phraseOf(status: AnswerStatus): string {
  return (
    (PHRASES as Readonly<Record<number, string>>)[status] ?? (status < 500 ? "Bad Request" : "Internal Server Error")
  );
}

/** One of our own answers, ready to send: short plain text. */
export function printAnswer(
  status: AnswerStatus,
  how: {
    readonly isHead: boolean;
    readonly connection: "default" | "keep-alive" | "close";
    readonly date: DateLine;
    /** Of a redirection; from a checked host and target, so that it can hold no end of line. */
    readonly location?: string | undefined;
    /** Further header fields, name and value, without any end of line. */
    readonly fields?: readonly (readonly [name: string, value: string])[] | undefined;
    /** What the rule does to the head. */
    readonly edit?: ResponseEdit | undefined;
    /** What the client should do instead. */
    readonly sentence?: string | undefined;
    /** The client speaks gRPC. */
    readonly grpc?: GrpcAnswer | undefined;
  },
): Buffer {
  if (how.grpc !== undefined) return printGrpcAnswer(status, how.grpc, how);
  const body = `${status} ${phraseOf(status)}${how.sentence === undefined ? "" : `: ${how.sentence}`}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${phraseOf(status)}`,
    "Server: hawser",
    how.date.line.toString("latin1").trimEnd(),
    // RFC 9110 section 8.6: no length in 204.
    ...(status === 204 ? [] : ["Content-Type: text/plain; charset=utf-8", `Content-Length: ${body.length}`]),
    // RFC 9110 section 15.5.6: 405 says what is allowed.
    ...(status === 405 ? ["Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"] : []),
    ...(how.location === undefined ? [] : [`Location: ${how.location}`]),
    ...(how.fields ?? []).map(([name, value]) => `${name}: ${value}`),
    ...(how.connection === "default" ? [] : [`Connection: ${how.connection}`]),
  ];
  const kept =
    how.edit === undefined ? lines : lines.filter((line, index) => index === 0 || !isRemoved(line, how.edit!));
  const head = `${kept.join("\r\n")}\r\n${how.edit === undefined ? "" : addedLines(how.edit, status)}\r\n`;
  return Buffer.from(how.isHead || status === 204 ? head : head + body, "latin1");
}

/**
 * An answer of gRPC that is nothing but its status (trailers only, in its protocol over HTTP/2): 200, whatever the status is. Fields say
 * no more than that to its clients.
 */
function printGrpcAnswer(
  status: AnswerStatus,
  { code }: GrpcAnswer,
  { connection, date, edit }: Pick<Parameters<typeof printAnswer>[1], "connection" | "date" | "edit">,
): Buffer {
  const lines = [
    "HTTP/1.1 200 OK",
    "Server: hawser",
    date.line.toString("latin1").trimEnd(),
    "Content-Type: application/grpc",
    "Content-Length: 0",
    `grpc-status: ${code}`,
    `grpc-message: ${status} ${phraseOf(status)}`,
    ...(connection === "default" ? [] : [`Connection: ${connection}`]),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n${edit === undefined ? "" : addedLines(edit, status)}\r\n`, "latin1");
}

function isRemoved(line: string, { removes }: ResponseEdit): boolean {
  return removes.has(line.slice(0, line.indexOf(":")).toLowerCase());
}

const END_OF_HEAD = "\r\n\r\n";

/** How many bytes of one of our own answers are its head. */
export function headLength(answer: Buffer): number {
  return answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
}
