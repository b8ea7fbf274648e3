import { ASKS } from "#src/model/annotations/asks.ts";
import { commaList } from "#src/model/comma-list.ts";
import { complain, quote } from "#src/model/field.ts";
import { type LimitStatus, limitStatus } from "#src/model/limit-status.ts";
import { listed } from "#src/model/listed.ts";
import { type LogTemplate, readLogTemplate } from "#src/model/log-template.ts";
import { LOG_VARIABLE_NAMES } from "#src/model/log-variable-names.ts";
import { type ConnectionSettings, readConnectionSettings } from "./connection-settings.ts";
import type { KeyField } from "./key-field.ts";

/** What a ConfigMap of ingress-nginx says of the program as a whole; where it says nothing, its options count. */
export interface ProgramSettings {
  /** Of answers to requests beyond a rate, and beyond a number of open requests; undefined: as the option says. */
  readonly limitStatuses: { readonly rate: LimitStatus | undefined; readonly connections: LimitStatus | undefined };
  /** Clients get no TLS handshake whose server name no rule has; undefined: as the option says. */
  readonly rejectsUnknownHosts: boolean | undefined;
  /** The lines of the access log; undefined: as the option says. */
  readonly logTemplate: LogTemplate | undefined;
  /** Requests for these paths are not logged, besides those of the option. */
  readonly unloggedPaths: ReadonlySet<string>;
  readonly connections: ConnectionSettings;
}

/** Each request is compared with all of them. */
const MAX_UNLOGGED_PATHS = 256;
/** Names that a Problem has. */
const MAX_NAMES = 5;

/** Reads what these keys say, and complains of what cannot be read: that is ignored. */
export function readProgramSettings(settings: ReadonlyMap<string, KeyField>): ProgramSettings {
  const reject = settings.get("ssl-reject-handshake");
  return {
    limitStatuses: {
      rate: readStatus(settings.get("limit-req-status-code")),
      connections: readStatus(settings.get("limit-conn-status-code")),
    },
    rejectsUnknownHosts: reject && ASKS.true(reject.value),
    logTemplate: readTemplate(settings),
    unloggedPaths: readUnlogged(settings.get("skip-access-log-urls")),
    connections: readConnectionSettings(settings),
  };
}

function readStatus(field: KeyField | undefined): LimitStatus | undefined {
  if (field === undefined) return undefined;
  const status = limitStatus(field.value);
  if (status === undefined)
    complain(field, "NGINX_KEY_INVALID", {
      what: "Ignored this key",
      why: `${quote(field.value)} is not a status of an error`,
      fix: "Write a number from 400 to 599",
      severity: "warning",
    });
  return status;
}

function readTemplate(settings: ReadonlyMap<string, KeyField>): LogTemplate | undefined {
  const field = settings.get("log-format-upstream");
  if (field === undefined) return undefined;
  const isJson = ASKS.true(settings.get("log-format-escape-json")?.value ?? "");
  // A template over several lines is one line of the log.
  const read = readLogTemplate(field.value.replaceAll(/\s*\n\s*/g, " "), isJson ? "json" : "nginx");
  if (typeof read === "string")
    complain(field, "NGINX_KEY_INVALID", {
      what: "Ignored this key: lines of the access log are as --access-log-format says",
      why: read,
      fix: "Write a text with variables such as $remote_addr and $status; docs/access-log.md has all",
      severity: "warning",
    });
  else if (read.unknown.length > 0)
    complain(field, "NGINX_KEY_NOT_SERVED", {
      what: `The access log has ${isJson ? "nothing" : "a hyphen"} in place of ${listed(
        read.unknown.map((name) => `$${name}`),
        MAX_NAMES,
      )}`,
      why: "Hawser does not have these variables",
      fix: `Take them out, or write others: ${LOG_VARIABLE_NAMES.map((name) => `$${name}`).join(", ")}`,
      severity: "warning",
    });
  return typeof read === "string" ? undefined : read;
}

function readUnlogged(field: KeyField | undefined): ReadonlySet<string> {
  const written = field === undefined ? [] : commaList(field.value);
  const paths = written.filter((path) => /^\/[^?]*$/.test(path)).slice(0, MAX_UNLOGGED_PATHS);
  if (field !== undefined && paths.length < written.length)
    complain(field, "NGINX_KEY_INVALID", {
      what: "Requests for some of these paths are logged",
      why: `only whole paths that begin with / are read, without query, and at most ${MAX_UNLOGGED_PATHS}; no regular expressions`,
      fix: "Write paths such as /health,/metrics",
      severity: "warning",
    });
  return new Set(paths);
}
