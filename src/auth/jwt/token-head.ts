import { parseJson } from "#src/model/parse-json.ts";
import { type Fields, recordOf } from "#src/model/record.ts";

/** What a token says of itself before anything of it is verified. */
export interface TokenHead {
  readonly algorithm: string;
  /** Undefined: it does not say which key. */
  readonly keyId: string | undefined;
  readonly issuer: string;
}

/** Longer ones are not looked at: a head of a request has no room for many more. */
const MAX_TOKEN = 16_384;
/** JWS Compact Serialization (RFC 7515 section 3.1). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

/** Reads what is needed to find the key of a token; undefined: it is not a signed token with an issuer. */
export function readTokenHead(token: string): TokenHead | undefined {
  if (token.length > MAX_TOKEN) return undefined;
  const [, head, body] = COMPACT.exec(token) ?? [];
  if (head === undefined || body === undefined) return undefined;
  const { alg: algorithm, kid } = decoded(head);
  const { iss: issuer } = decoded(body);
  if (typeof algorithm !== "string" || typeof issuer !== "string") return undefined;
  if (kid !== undefined && typeof kid !== "string") return undefined;
  return { algorithm, keyId: kid, issuer };
}

function decoded(part: string): Fields {
  return recordOf(parseJson(Buffer.from(part, "base64url").toString("utf8")));
}
