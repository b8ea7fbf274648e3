import { type AuthUrl, readServiceUrl } from "#src/model/annotations/auth-url.ts";
import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  readMap,
  readText,
} from "#src/model/field.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { type PublicJwk, readJwks } from "./jwk.ts";
import { readObjectName } from "./read-object-name.ts";

/** Where the keys of an issuer are. */
export type JwksSource =
  | {
      readonly kind: "uri";
      /** As it is written: policies with the same one share its keys. */
      readonly uri: string;
      readonly url: JwksUrl;
      /** Where the authorities are that its certificate is verified by; undefined: those of the system. */
      readonly authorities: ObjectWithKey | undefined;
    }
  | { readonly kind: "inline"; readonly keys: readonly PublicJwk[] }
  | ObjectWithKey;

/** A key of a Secret or ConfigMap. */
interface ObjectWithKey {
  readonly kind: "Secret" | "ConfigMap";
  /** Of the namespace of the policy. */
  readonly name: string;
  /** Of its `data`. */
  readonly key: string;
}

export interface JwksUrl {
  readonly scheme: "http" | "https";
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly target: string;
}

const KEYS = ["uri", "inline", "secretRef", "configMapRef"] as const;
const OF_AUTHORITIES = ["caSecretRef", "caConfigMapRef"] as const;
const DEFAULT_KEY = "jwks";
const DEFAULT_AUTHORITIES_KEY = "ca.crt";
const MAX_URI = 2_048;
const DATA_KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const URI_FIX = "Write the jwks_uri of the issuer, such as https://login.example.com/keys";

/** Reads `jwks`; undefined, with an error, where it cannot be read. */
export function readJwksSource(field: Field): JwksSource | undefined {
  if (isUnset(field)) return complainMissing(field, "Write where the keys of the issuer are: { uri: ... }");
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, [...KEYS, ...OF_AUTHORITIES]);
  const [first, second] = KEYS.filter((key) => !isUnset(child(field, key)));
  if (first === undefined || second !== undefined)
    return complain(field, "FIELD_INVALID", {
      what: "Cannot find the keys",
      why: `${first === undefined ? "none" : "more than one"} of ${KEYS.join(", ")} is written`,
      fix: "Write one of them",
    });
  const at = child(field, first);
  const stray = first === "uri" ? undefined : OF_AUTHORITIES.find((key) => !isUnset(child(field, key)));
  if (stray !== undefined)
    return complainInvalid(
      child(field, stray),
      "only the server of a uri is verified",
      `Remove ${stray}, or write uri`,
    );
  switch (first) {
    case "uri":
      return readUri(at, field);
    case "inline":
      return readInline(at);
    case "secretRef":
      return readRef(at, "Secret", DEFAULT_KEY);
    default:
      return readRef(at, "ConfigMap", DEFAULT_KEY);
  }
}

function readUri(field: Field, parent: Field): JwksSource | undefined {
  const uri = readText(field);
  if (uri === undefined) return undefined;
  const url = uri.length > MAX_URI ? `it has more than ${MAX_URI} letters` : readServiceUrl(uri);
  if (typeof url === "string") return complainInvalid(field, url, URI_FIX);
  const plain = plainUrl(url);
  if (plain === undefined) return complainInvalid(field, "it has variables, and no request fills them", URI_FIX);
  const authorities = readAuthorities(parent, plain.scheme);
  return authorities === "unreadable" ? undefined : { kind: "uri", uri, url: plain, authorities };
}

/** `caSecretRef` or `caConfigMapRef`. */
function readAuthorities(field: Field, scheme: JwksUrl["scheme"]): ObjectWithKey | undefined | "unreadable" {
  const [first, second] = OF_AUTHORITIES.filter((key) => !isUnset(child(field, key)));
  if (first === undefined) return undefined;
  if (second !== undefined || scheme === "http") {
    const why = second === undefined ? "by http no certificate is verified" : `${first} is written, too`;
    complainInvalid(child(field, second ?? first), why, "Remove it");
    return "unreadable";
  }
  const kind = first === "caSecretRef" ? "Secret" : "ConfigMap";
  return readRef(child(field, first), kind, DEFAULT_AUTHORITIES_KEY) ?? "unreadable";
}

function plainUrl({ scheme, host, port, target }: AuthUrl): JwksUrl | undefined {
  const texts = target.flatMap((part) => (part.kind === "text" ? [part.text] : []));
  if (host === undefined || texts.length !== target.length) return undefined;
  return { scheme, host, port, target: texts.join("") };
}

function readInline(field: Field): JwksSource | undefined {
  const text = readText(field);
  if (text === undefined) return undefined;
  const keys = readJwks(text);
  if (typeof keys !== "string") return { kind: "inline", keys };
  return complain(field, "FIELD_INVALID", {
    what: "Cannot read the keys",
    why: keys,
    fix: `Write a JSON Web Key Set as a text: '{"keys": [...]}'`,
  });
}

function readRef(field: Field, kind: ObjectWithKey["kind"], byDefault: string): ObjectWithKey | undefined {
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ["name", "key"]);
  const name = readObjectName(child(field, "name"), kind);
  const keyField = child(field, "key");
  const key = readText(keyField) ?? (isUnset(keyField) ? byDefault : undefined);
  if (name === undefined || key === undefined) return undefined;
  if (DATA_KEY.test(key)) return { kind, name, key };
  return complainInvalid(keyField, `it cannot be a key of a ${kind}`, `Write one of its keys, such as ${byDefault}`);
}
