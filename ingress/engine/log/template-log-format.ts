import { type LogTemplate, noSuchLogVariable, readLogTemplate } from "#src/model/log-template.ts";
import type { KeptText } from "./kept-texts.ts";
import type { LineWriter } from "./line-writer.ts";
import type { LogFormat } from "./log-format.ts";
import { LOG_VARIABLES, type LoggedRequest, type LogVariable } from "./log-variables.ts";
import { TimeTexts } from "./time-texts.ts";

/** The default of ingress-nginx (`upstreaminfo`), and the reason after it. */
export const NGINX_TEMPLATE =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ' +
  "$request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr " +
  "$upstream_response_length $upstream_response_time $upstream_status $req_id $reason";

type Escape = LogTemplate["escape"];

/** What nginx writes for what there is not. */
const NONE: Readonly<Record<Escape, Buffer>> = { nginx: Buffer.from("-"), json: Buffer.alloc(0) };

/** A text of the template, or a variable. */
type Part = Buffer | LogVariable;

/** A request, and how what it has is written. */
interface WrittenRequest extends LoggedRequest {
  readonly escape: Escape;
}

/** Reads a template with variables of nginx; a text says why it cannot be used. */
export function templateLogFormat(text: string): LogFormat | string {
  const template = readLogTemplate(text);
  if (typeof template === "string") return template;
  const [unknown] = template.unknown;
  return unknown === undefined ? logFormatOf(template) : noSuchLogVariable(unknown);
}

/** The lines that a template says; nothing is written for variables that Hawser does not have but what stands for nothing. */
export function logFormatOf({ parts: written, escape }: LogTemplate): LogFormat {
  const parts = written.map((part): Part => {
    if (typeof part === "string") return Buffer.from(part);
    return part.variable === null ? NONE[escape] : LOG_VARIABLES[part.variable];
  });
  const variables = parts.flatMap((part) => (Buffer.isBuffer(part) ? [] : [part]));
  const times = new TimeTexts();
  return {
    needs: new Set(variables.flatMap(needsOf)),
    needsAttempts: written.some((part) => typeof part !== "string" && part.variable?.startsWith("upstream_") === true),
    write: (line, entry, answer) => {
      const request = { entry, answer, times, escape };
      for (const part of parts) writePart(line, part, request);
    },
  };
}

function needsOf(variable: LogVariable): readonly KeptText[] {
  return variable.kind === "kept" ? [variable.name] : variable.needs;
}

function writePart(line: LineWriter, part: Part, request: WrittenRequest): void {
  if (Buffer.isBuffer(part)) line.add(part);
  else if (part.kind === "kept") writeKept(line, part.name, request);
  else {
    const text = part.make(request);
    if (text === "") line.add(NONE[request.escape]);
    else line.text(text, request.escape);
  }
}

function writeKept(line: LineWriter, name: KeptText, { entry: { kept }, escape }: WrittenRequest): void {
  if (kept.has(name)) line.escaped(kept.bytes, kept.startOf(name), kept.endOf(name), escape);
  else line.add(NONE[escape]);
}
