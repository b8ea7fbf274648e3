import { type Ip, parseIp } from "#src/ip/address.ts";

/** A request that a person asks about. */
export interface UrlQuestion {
  /** As it was given. */
  readonly url: string;
  readonly isSecure: boolean;
  /** Host and port of the URL: what the client looks up, and the server name that it asks a certificate for. */
  readonly authority: string;
  /** The field Host: of the URL, unless a field Host is given. */
  readonly hostField: string;
  readonly method: string;
  /** Without query; begins with a slash. */
  readonly path: string;
  /** Without question mark. */
  readonly query: string;
  /** Names in lower case, without Host. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Undefined: not given. */
  readonly client: Ip | undefined;
}

/** What a call gives. */
export interface AskedUrl {
  readonly url: string;
  readonly method: string;
  /** `Name: value`, each. */
  readonly header: readonly string[];
  readonly client: string | undefined;
}

const URL_FORM = /^(?<scheme>https?):\/\/(?<authority>[^/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?(?:#.*)?$/i;
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const VISIBLE = /^[\x21-\x7e]*$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** Whether a text is meant as a URL. */
export function isUrlText(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Reads a question; a text says what is wrong with the call. Nothing is resolved: the path is asked for as it is written. */
export function readUrlQuestion({ url, method, header, client }: AskedUrl): UrlQuestion | string {
  const { scheme = "", authority = "", path = "/", query = "" } = URL_FORM.exec(url)?.groups ?? {};
  const ip = client === undefined ? undefined : parseIp(client);
  const fields = readFields(header);
  if (authority === "") return `"${url}" is not a URL such as https://shop.example/cart`;
  if (!VISIBLE.test(url)) return `"${url}" has blanks or letters that clients send as %XX: write it so`;
  if (authority.includes("@"))
    return `leave out user and password of "${url}", and give --header 'Authorization: Basic ...'`;
  if (!TOKEN.test(method)) return `"${method}" is not a method such as GET`;
  if (client !== undefined && ip === undefined) return `"${client}" is not an address`;
  if (typeof fields === "string") return fields;
  return {
    url,
    isSecure: scheme.toLowerCase() === "https",
    authority,
    hostField: fields.find(([name]) => name === "host")?.[1] ?? authority,
    method,
    path,
    query,
    fields: fields.filter(([name]) => name !== "host"),
    client: ip,
  };
}

function readFields(lines: readonly string[]): UrlQuestion["fields"] | string {
  const fields: (readonly [string, string])[] = [];
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (!TOKEN.test(name) || !VALUE.test(value)) return `"${line}" is not a header field such as "Name: value"`;
    fields.push([name.toLowerCase(), value]);
  }
  return fields;
}
