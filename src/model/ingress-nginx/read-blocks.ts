import { parseNetworks } from "#src/model/annotations/parse-networks.ts";
import type { BlockedRequests, BlockedValue } from "#src/model/blocked-requests.ts";
import { commaList } from "#src/model/comma-list.ts";
import { complain, type Field, quote } from "#src/model/field.ts";
import { networkSet } from "#src/model/network-set.ts";
import { readValuePattern } from "#src/pattern/value-pattern.ts";
import type { KeyField } from "./key-field.ts";

/** Values of each key; each request is compared with all of them. */
const MAX_VALUES = 256;

/**
 * Reads `block-cidrs`, `block-user-agents` and `block-referers` of ingress-nginx's ConfigMap: lists with commas, of texts that a whole value is, in any
 * case, and with `~` or `~*` of expressions for a part of it. "unreadable" where one cannot be read; undefined where nothing is blocked.
 */
export function readBlocks(settings: ReadonlyMap<string, KeyField>): BlockedRequests | "unreadable" | undefined {
  const cidrs = settings.get("block-cidrs");
  const networks = cidrs && (parseNetworks(cidrs.value) ?? unreadable(cidrs, "it is not a list of networks"));
  const userAgents = readValues(settings.get("block-user-agents"));
  const referers = readValues(settings.get("block-referers"));
  if (networks === "unreadable" || userAgents === "unreadable" || referers === "unreadable") return "unreadable";
  if (networks === undefined && userAgents.length + referers.length === 0) return undefined;
  return { networks: networks && networkSet(networks), userAgents, referers };
}

function readValues(field: KeyField | undefined): readonly BlockedValue[] | "unreadable" {
  if (field === undefined) return [];
  const values = commaList(field.value);
  if (values.length > MAX_VALUES) return unreadable(field, `it has more than ${MAX_VALUES} values`);
  const read: BlockedValue[] = [];
  for (const value of values) {
    const [, mark, expression = ""] = /^(~\*?)(.+)$/.exec(value) ?? [];
    const found =
      mark === undefined ? value.toLowerCase() : readValuePattern(mark === "~*" ? `(?i)${expression}` : expression);
    if (typeof found !== "string" && "why" in found)
      return unreadable(field, `${quote(value)} cannot be used: ${found.why}`);
    read.push(found);
  }
  return read;
}

function unreadable(field: Field, why: string): "unreadable" {
  complain(field, "NGINX_KEY_INVALID", {
    what: "Closed all Ingresses",
    why,
    fix: "Write a list with commas: networks, or whole values, or regular expressions after ~ or ~*",
    severity: "error",
  });
  return "unreadable";
}
