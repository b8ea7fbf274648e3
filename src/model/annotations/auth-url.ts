import { parseIp } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import { type Field, quote } from "#src/model/field.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { ASKS } from "./asks.ts";
import { INSTEAD } from "./instead.ts";
import { OWN_PREFIXES } from "./prefixes.ts";
import { restrictionUnreadable } from "./restriction-unreadable.ts";
import { parseTemplate, type RequestTemplate, type TemplatePart } from "./request-template.ts";

/** The service that is asked about each request. */
export interface AuthUrl {
  readonly scheme: "http" | "https";
  /** A name or an address (without brackets); undefined: the host that the request is for (`$host`). */
  readonly host: string | undefined;
  readonly port: number;
  /** Path and query; begins with a slash. */
  readonly target: RequestTemplate;
}

const PORTS = { http: 80, https: 443 } as const;
const URL_FORM = /^(?<scheme>https?):\/\/(?<authority>[^/?#]+)(?<target>[^#]*)$/i;
const AUTHORITY =
  /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\.?)|(?<variable>\$\{?\w+\}?))(?::(?<port>\d{1,5}))?$/i;
/** Variables that are the host of the request. */
const HOST_VARIABLES = ["host", "http_host", "best_http_host", "server_name"];

export const AUTH_URL: ServedAnnotation<AuthUrl | "none"> = {
  names: ["auth-url"],
  doc: "A service that is asked about each request: 2xx lets it in, 401 and 403 do not, and neither does any other answer. By HTTPS only where its certificate is valid",
  served: { prefixes: OWN_PREFIXES, parse: parseAuthUrl },
  risks: [{ effect: "restriction", asks: ASKS.on }],
  instead: INSTEAD.external,
};

function parseAuthUrl(field: Field): AuthUrl | "none" | undefined {
  const text = String(field.value).trim();
  if (!ASKS.on(text)) return "none";
  const read = readServiceUrl(text);
  if (typeof read !== "string") return read;
  return restrictionUnreadable(field, {
    what: `Cannot ask ${quote(text)} who may come in`,
    why: read,
    fix: "Write a URL such as http://oauth2-proxy.auth.svc.cluster.local/oauth2/auth",
  });
}

/** The URL of a service; or, as a text, why it cannot be used. */
export function readServiceUrl(text: string): AuthUrl | string {
  const { scheme = "", authority = "", target = "" } = URL_FORM.exec(text)?.groups ?? {};
  if (authority === "") return "it is not an absolute http or https URL";
  if (!/^[\x21-\x7e]*$/.test(text)) return "it has blanks, or letters that a URL cannot have";
  const lower = scheme.toLowerCase() as AuthUrl["scheme"];
  const place = readAuthority(authority, PORTS[lower]);
  const parts = parseTemplate(target);
  if (typeof place === "string") return place;
  return typeof parts === "string" ? parts : { scheme: lower, ...place, target: withSlash(parts) };
}

function readAuthority(authority: string, usualPort: number): Pick<AuthUrl, "host" | "port"> | string {
  const { v6, name, variable = "", port } = AUTHORITY.exec(authority)?.groups ?? {};
  const host = (v6 ?? name)?.toLowerCase();
  if (host === undefined && !HOST_VARIABLES.includes(variable.replaceAll(/[${}]/g, "")))
    return "its host is neither a name nor an address, nor $host alone";
  const number = Number(port ?? usualPort);
  if (number < 1 || number > 65_535) return "its port is not a number from 1 to 65535";
  return (host === undefined ? undefined : whyUnreachable(host)) ?? { host, port: number };
}

/** Addresses at which no service for others is, but this program, its node, or the cloud's own. */
function whyUnreachable(host: string): string | undefined {
  const ip = parseIp(host);
  if (ip === undefined) return host.includes(":") || /^[\d.]+$/.test(host) ? "its host is not an address" : undefined;
  const use = reservedUse(ip);
  return use === undefined ? undefined : `its address is reserved (${use})`;
}

function withSlash(parts: RequestTemplate): RequestTemplate {
  const [first] = parts;
  const slash: TemplatePart = { kind: "text", text: "/" };
  return first?.kind === "text" && first.text.startsWith("/") ? parts : [slash, ...parts];
}
