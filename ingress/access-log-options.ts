import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed } from "#src/model/problem.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { AccessLogOptions } from "./engine/log/access-log.ts";
import { jsonLogFormat } from "./engine/log/json-log-format.ts";
import type { LogFormat } from "./engine/log/log-format.ts";
import { LOG_VARIABLES } from "./engine/log/log-variables.ts";
import { NGINX_TEMPLATE, templateLogFormat } from "./engine/log/template-log-format.ts";

/** The options of the access log. */
export const accessLogOptions = {
  accessLog: { kind: "boolean", default: false, help: "Write one line to stdout for each answered request" },
  accessLogFormat: {
    kind: "string",
    default: "json",
    placeholder: "FORMAT",
    help: "Form of these lines: json, nginx (the default format of ingress-nginx, and the reason), or a text with variables such as $remote_addr and $request (docs/access-log.md)",
  },
  accessLogSkip: {
    kind: "list",
    placeholder: "PATH",
    help: "Do not log requests for these paths, such as /healthz: whole paths without query",
  },
} as const satisfies OptionSpecs;

/** How the access log is written; undefined: there is none. */
export function readAccessLogOptions(
  options: OptionValues<typeof accessLogOptions>,
): Parsed<AccessLogOptions | undefined> {
  const format = formatOf(options.accessLogFormat);
  if (typeof format === "string") return unreadable(options.accessLogFormat, format);
  const skippedPaths = new Set(options.accessLogSkip);
  return { ok: true, value: options.accessLog ? { format, skippedPaths } : undefined, problems: [] };
}

function formatOf(text: string): LogFormat | string {
  if (text === "json") return jsonLogFormat();
  return templateLogFormat(text === "nginx" ? NGINX_TEMPLATE : text);
}

function unreadable(text: string, why: string): Parsed<never> {
  const what = `Cannot use the format ${JSON.stringify(text.slice(0, 120))}`;
  const fix = `Write json, nginx, or a text with variables of these: ${Object.keys(LOG_VARIABLES).join(", ")}`;
  return { ok: false, problems: [optionInvalid(["--access-log-format"], { what, why, fix })] };
}
