import { isOwnHeader, whyUnwritableHeader } from "#src/model/unwritable-header.ts";
import type { ReadDirective } from "./read-snippet.ts";
import type { SnippetField, SnippetResponseField } from "./snippet.ts";

/** What a directive does to fields of requests and answers. */
interface FieldChanges {
  readonly request: readonly SnippetField[];
  readonly response: readonly SnippetResponseField[];
}

/** A value without variables, in which no field or answer can end. */
const VALUE = /^[\x20-\x23\x25-\x7e\t]{0,2048}$/;
/** What the values of such fields are in Hawser anyway, as nginx has it, in lower case. */
const AS_IT_IS: ReadonlyMap<string, RegExp> = new Map([
  ["host", /^\$(?:host|http_host|best_http_host)$/],
  ["x-forwarded-host", /^\$(?:host|http_host|best_http_host)$/],
  ["x-forwarded-proto", /^\$(?:scheme|pass_access_scheme)$/],
  ["x-forwarded-for", /^\$(?:remote_addr|proxy_add_x_forwarded_for)$/],
  ["x-forwarded-port", /^\$(?:server_port|pass_server_port|pass_port)$/],
  ["x-real-ip", /^\$remote_addr$/],
  ["x-request-id", /^\$(?:req_id|request_id)$/],
  ["upgrade", /^\$http_upgrade$/],
  ["connection", /^(?:upgrade|\$connection_upgrade)$/i],
]);
const NOTHING: FieldChanges = { request: [], response: [] };

/** Reads a directive about header fields; undefined where it is about something else, or says what Hawser cannot do. */
export function readFieldDirective({ name, args }: ReadDirective): FieldChanges | undefined {
  switch (name) {
    case "add_header":
      return addHeader(args);
    case "more_set_headers":
      return ofEach(args, ({ name: field, value }) => responseField(value === "" ? "clear" : "set", field, value));
    case "more_clear_headers":
      return ofEach(args, ({ name: field, isBare }) => (isBare ? responseField("clear", field, "") : undefined));
    case "proxy_hide_header":
      return args.length === 1 ? responseField("clear", args[0] ?? "", "") : undefined;
    case "proxy_set_header":
      return args.length === 2 ? requestField(args[0] ?? "", args[1] ?? "", { isLast: true }) : undefined;
    case "more_set_input_headers":
      return ofEach(args, ({ name: field, value }) => requestField(field, value, { isLast: false }));
    case "more_clear_input_headers":
      return ofEach(args, ({ name: field, isBare }) =>
        isBare ? requestField(field, "", { isLast: false }) : undefined,
      );
    default:
      return undefined;
  }
}

/** `add_header NAME VALUE [always]`. */
function addHeader(args: readonly string[]): FieldChanges | undefined {
  const [name = "", value = "", always, ...rest] = args;
  if (args.length < 2 || rest.length > 0 || (always !== undefined && always !== "always")) return undefined;
  if (value === "") return NOTHING;
  return responseField("add", name, value, always === "always");
}

function responseField(
  act: SnippetResponseField["act"],
  name: string,
  value: string,
  onErrors = true,
): FieldChanges | undefined {
  if (whyUnwritableHeader(name) !== undefined || !VALUE.test(value)) return undefined;
  return { request: [], response: [{ act, name, value: value.trim(), onErrors }] };
}

/** `isLast`: of proxy_set_header, which nginx asks after all that ingress-nginx writes itself; the other directives come before that. */
function requestField(name: string, value: string, { isLast }: { readonly isLast: boolean }): FieldChanges | undefined {
  if (AS_IT_IS.get(name.toLowerCase())?.test(value) === true) return NOTHING;
  if (whyUnwritableHeader(name) !== undefined) return undefined;
  if (isOwnHeader(name)) return isLast ? undefined : NOTHING;
  if (!VALUE.test(value)) return undefined;
  return { request: [{ name, value: value.trim() }], response: [] };
}

/** `"Name: value"` of each argument, without further options. */
function ofEach(
  args: readonly string[],
  read: (of: { readonly name: string; readonly value: string; readonly isBare: boolean }) => FieldChanges | undefined,
): FieldChanges | undefined {
  const all: FieldChanges[] = [];
  for (const arg of args) {
    const colon = arg.indexOf(":");
    const name = (colon === -1 ? arg : arg.slice(0, colon)).trim();
    const found = read({ name, value: colon === -1 ? "" : arg.slice(colon + 1).trim(), isBare: colon === -1 });
    if (found === undefined) return undefined;
    all.push(found);
  }
  if (all.length === 0) return undefined;
  return { request: all.flatMap(({ request }) => request), response: all.flatMap(({ response }) => response) };
}
