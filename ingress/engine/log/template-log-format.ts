import { nearest } from "#src/model/nearest.ts";
import type { AccessEntry } from "./access-log.ts";
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

const MAX_TEMPLATE_LENGTH = 4_096;
const MAX_VARIABLES = 64;
const PART = /\$(?:\{(\w+)\}|(\w+))|[^$]+|\$/g;
const NONE = Buffer.from("-");

/** A text of the template, or a variable. */
type Part = Buffer | LogVariable;

/** Reads a template with variables of nginx; a text says why it cannot be used. */
export function templateLogFormat(template: string): LogFormat | string {
  if (template.length > MAX_TEMPLATE_LENGTH) return `it has more than ${MAX_TEMPLATE_LENGTH} characters`;
  if (!/^[\x20-\x7e]*$/.test(template)) return "it has other characters than visible ASCII and blanks";
  const parts: Part[] = [];
  for (const [whole, braced, bare] of template.matchAll(PART)) {
    const name = braced ?? bare;
    if (name === undefined && whole === "$") return "it has a $ without the name of a variable";
    const part = name === undefined ? Buffer.from(whole) : variableOf(name);
    if (part === undefined) return unknownVariable(name ?? "");
    parts.push(part);
  }
  const variables = parts.flatMap((part) => (Buffer.isBuffer(part) ? [] : [part]));
  if (variables.length === 0) return "it has no variable";
  if (variables.length > MAX_VARIABLES) return `it has more than ${MAX_VARIABLES} variables`;
  const times = new TimeTexts();
  return {
    needs: new Set(variables.flatMap(needsOf)),
    needsAttempts: template.includes("upstream_"),
    write: (line, entry, answer) => {
      const request = { entry, answer, times };
      for (const part of parts) writePart(line, part, request);
    },
  };
}

/** A name such as `constructor` is none of ours, though any object has it. */
function variableOf(name: string): LogVariable | undefined {
  return Object.hasOwn(LOG_VARIABLES, name) ? LOG_VARIABLES[name] : undefined;
}

function needsOf(variable: LogVariable): readonly KeptText[] {
  return variable.kind === "kept" ? [variable.name] : variable.needs;
}

function unknownVariable(name: string): string {
  const guess = nearest(name, Object.keys(LOG_VARIABLES));
  return `there is no variable $${name}${guess === undefined ? "" : `; did you mean $${guess}?`}`;
}

function writePart(line: LineWriter, part: Part, request: LoggedRequest): void {
  if (Buffer.isBuffer(part)) line.add(part);
  else if (part.kind === "kept") writeKept(line, request.entry, part.name);
  else {
    const text = part.make(request);
    if (text === "") line.add(NONE);
    else line.text(text, "nginx");
  }
}

function writeKept(line: LineWriter, { kept }: AccessEntry, name: KeptText): void {
  if (kept.has(name)) line.escaped(kept.bytes, kept.startOf(name), kept.endOf(name), "nginx");
  else line.add(NONE);
}
