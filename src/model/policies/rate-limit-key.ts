import {
  child,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  readChoice,
  readMap,
  readText,
} from "#src/model/field.ts";
import { FIELD_NAME } from "#src/model/annotations/field-name.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";

/** What requests must have in common to be counted together. */
export type RateLimitKeyPart =
  | { readonly type: "ClientAddress" }
  /** The normalised path. */
  | { readonly type: "Path" }
  /** Of a header field in lower case. */
  | { readonly type: "Header" | "Cookie" | "Query"; readonly name: string }
  /** Of a token that was verified. */
  | { readonly type: "Claim"; readonly name: string };

const TYPES = ["ClientAddress", "Header", "Cookie", "Query", "Path", "Claim"] as const;
const MAX_NAME = 128;
const VISIBLE = /^[\x21-\x7e]+$/;
/** Hawser drops them from requests, because clients write into them what they like. */
const OF_PROXIES = /^(?:forwarded|x-forwarded-.*|x-real-ip)$/;

/** One part of the `key` of a limit; undefined, with an error, where it cannot be read. */
export function readKeyPart(field: Field): RateLimitKeyPart | undefined {
  if (isUnset(field)) return complainMissing(field, "Write a part, or remove the entry");
  if (!readMap(field)) return undefined;
  const typeField = child(field, "type");
  if (isUnset(typeField)) return complainMissing(typeField, `Write type: one of ${TYPES.join(", ")}`);
  const type = readChoice(typeField, TYPES);
  if (type === undefined) return undefined;
  if (type === "ClientAddress" || type === "Path") {
    rejectUnknownKeys(field, ["type"]);
    return { type };
  }
  rejectUnknownKeys(field, ["type", "name"]);
  const name = readName(child(field, "name"), type);
  return name === undefined ? undefined : { type, name };
}

function readName(field: Field, type: "Header" | "Cookie" | "Query" | "Claim"): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the name of what is to be looked at");
  const text = readText(field);
  if (text === undefined) return undefined;
  const isToken = type === "Header" || type === "Cookie";
  if (text.length > MAX_NAME || !(isToken ? FIELD_NAME : VISIBLE).test(text))
    return complainInvalid(field, `it is not a name of up to ${MAX_NAME} visible characters`, "Fix the name");
  if (type !== "Header") return text;
  const name = text.toLowerCase();
  if (OF_PROXIES.test(name))
    return complainInvalid(field, "clients can write anything into it", "Write type: ClientAddress, without a name");
  return name;
}
