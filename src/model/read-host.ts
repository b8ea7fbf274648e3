import { parseIp } from "#src/ip/address.ts";
import { complain, type Field, isUnset, quote, readText } from "./field.ts";
import { isDnsSubdomain } from "./name.ts";

/**
 * Reads the host of a rule or a TLS entry, in lower case: a DNS name, or `*.` and one for a wildcard of one label
 * (networking.k8s.io/v1, IngressRule `host`). Empty where it is null, empty or left out: the catch-all.
 */
export function readHost(field: Field): string | undefined {
  const text = readText(field);
  if (text === undefined) return isUnset(field) ? "" : undefined;
  const host = text.toLowerCase();
  if (host === "" || isName(host)) {
    if (parseIp(host) === undefined) return host;
  }
  return complain(field, "INGRESS_HOST_INVALID", { what: `Cannot use the host ${quote(text)}`, ...explain(host) });
}

/**
 * The host that a text means which `readHost` refuses: the name in `https://a.com:80/`, every host for `*`, else the text
 * itself, which requests may name though DNS cannot (`a_b.com`, an address). Undefined where it is not a text.
 */
export function meantHost({ value }: Field): string | undefined {
  if (typeof value !== "string") return undefined;
  const host = value.toLowerCase();
  if (host.trim() === "*") return "";
  const name = bareName(host);
  return isName(name) ? name : host;
}

function isName(host: string): boolean {
  return isDnsSubdomain(host.startsWith("*.") ? host.slice(2) : host);
}

/** Longer than any host with what people write around it. */
const MAX_WRITTEN = 1_024;

/** A host without what people write around it (blanks, scheme, path, port, final dots), in the form that clients send. */
function bareName(host: string): string {
  if (host.length > MAX_WRITTEN) return host;
  const bare =
    host
      .trim()
      .replace(/^[a-z]+:\/\//, "")
      .split(/[/?#]/)[0] ?? "";
  const name = bare.trim().replace(/:\d*$/, "").replace(/\.+$/, "");
  const isAscii = /^[\x21-\x7e]*$/.test(name);
  return isAscii || !URL.canParse(`http://${name}`) ? name : new URL(`http://${name}`).hostname;
}

function explain(host: string): { readonly why: string; readonly fix: string } {
  const name = bareName(host);
  if (parseIp(host) !== undefined || parseIp(name) !== undefined || host.startsWith("["))
    return { why: "it is an address, and rules go by name", fix: "Leave the host out to serve requests by address" };
  if (host === "*")
    return { why: "a wildcard stands for one label of a name", fix: "Leave the host out for every name" };
  if (name !== host && isName(name)) return { why: "a host is a name alone", fix: `Write ${name}` };
  const why = "it is neither a DNS name nor *. and a DNS name";
  return { why, fix: "Write a name made of a-z, 0-9, - and dots" };
}
