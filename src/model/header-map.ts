import { child, complain, entry, type Field, readTexts } from "./field.ts";
import { type KubeObject, rootField } from "./object.ts";
import type { Problem } from "./problem.ts";

/** A header field that a ConfigMap names. */
interface HeaderEntry {
  readonly name: string;
  readonly value: string;
}

/** Of one ConfigMap. */
const MAX_HEADERS = 32;
/** Of all names and values of one ConfigMap: heads have to have room for them. */
const MAX_BYTES = 4_096;
const NAME = /^[A-Za-z0-9_-]{1,128}$/;
/** Whether a field may be written into all messages of a kind, or left out of them, by a user's wish. */
export function isWritableField(name: string): boolean {
  return NAME.test(name) && !NOT_WRITTEN.test(name.replaceAll("_", "-"));
}

/** Fields that say how a message is sent, that differ from message to message, or that Hawser writes itself. */
const NOT_WRITTEN =
  /^(?:connection|content-length|transfer-encoding|upgrade|host|te|trailer|keep-alive|expect|date|set-cookie|proxy-.*|proxy|x-hawser-hops)$/i;

/** The header fields that a ConfigMap (v1) names under `data`; those that cannot be written have a Problem and are left out. */
export function readHeaderMap(
  object: KubeObject,
  /** Why a field that could be written is not; undefined: it is. */
  whyNot: (header: HeaderEntry) => { readonly why: string; readonly fix: string } | undefined,
): { readonly headers: readonly HeaderEntry[]; readonly problems: readonly Problem[] } {
  const root = rootField(object);
  const data = child(root, "data");
  const headers: HeaderEntry[] = [];
  let bytes = 0;
  for (const [name, text] of Object.entries(readTexts(data))) {
    const header = { name, value: text.trim() };
    bytes += name.length + header.value.length;
    const isBeyond = headers.length >= MAX_HEADERS || bytes > MAX_BYTES;
    const fault = isBeyond ? TOO_MANY : (faultOf(header) ?? whyNot(header));
    if (fault === undefined) headers.push(header);
    else complainOf(entry(data, name), fault);
    if (isBeyond) break;
  }
  return { headers, problems: root.problems };
}

const TOO_MANY = {
  why: `one ConfigMap may have ${MAX_HEADERS} fields, and ${MAX_BYTES} bytes of names and values`,
  fix: "Remove fields from the ConfigMap",
};

function complainOf(field: Field, { why, fix }: { readonly why: string; readonly fix: string }): void {
  complain(field, "INGRESS_HEADERS_INVALID", { what: "Cannot write this header field", why, fix });
}

function faultOf({ name, value }: HeaderEntry): { readonly why: string; readonly fix: string } | undefined {
  if (!NAME.test(name))
    return {
      why: "its name has other characters than letters, digits, - and _",
      fix: "Write a name such as X-Frame-Options",
    };
  if (NOT_WRITTEN.test(name.replaceAll("_", "-")))
    return { why: "it says how a message is sent, or Hawser writes it itself", fix: "Remove it from the ConfigMap" };
  if (/^[\x20-\x7e]*$/.test(value)) return undefined;
  return {
    why: "its value has other characters than visible ASCII and blanks",
    fix: "Write a value in one line of ASCII",
  };
}
