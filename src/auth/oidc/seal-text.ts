import { createCipheriv, createDecipheriv, createHmac, hash } from "node:crypto";

/** A key that texts are sealed with. */
export interface SealKey {
  /** What sealed texts name it by: a part of its digest, which says nothing of the key. */
  readonly id: string;
  /** 32 bytes, in memory of their own: a message to another thread carries the whole memory that bytes are in. */
  readonly bytes: Uint8Array;
}

/** Keys of which the first seals, and all open: a key is replaced by adding the next one, before it becomes the first. */
export type SealKeys = readonly [SealKey, ...SealKey[]];

/** Opens what was sealed for a use with one of the keys that there are; undefined where none of them did that. */
export type Unseal = (sealed: string, use: string) => string | undefined;

/** What makes each sealed text another one: chance, 24 bytes. */
export type SealNonce = Buffer;

export const NONCE_BYTES = 24;
const KEY_BYTES = 32;
const ID_LETTERS = 8;
const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A key of 32 bytes with its name. */
export function sealKey(bytes: Buffer): SealKey {
  return { id: hash("sha256", bytes, "base64url").slice(0, ID_LETTERS), bytes: new Uint8Array(bytes) };
}

/**
 * A text that only holders of a key can read or change, and only for the use that it was made for (`use`): `KEYID.BASE64URL`. AES-256
 * in GCM (NIST SP 800-38D) with a key of its own for each text, made of the first half of its nonce: so a key may seal any number
 * of texts, also where clients make it do so.
 */
export function sealText(text: string, [key]: SealKeys, use: string, nonce: SealNonce): string {
  const cipher = createCipheriv(CIPHER, ownKey(key, nonce), nonce.subarray(IV_BYTES), { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(use));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${key.id}.${sealed.toString("base64url")}`;
}

/** What was sealed; undefined where none of the keys did that, it was for another use, or it was changed. */
export function unsealText(sealed: string, keys: SealKeys, use: string): string | undefined {
  const dot = sealed.indexOf(".");
  const key = keys.find(({ id }) => id === sealed.slice(0, Math.max(0, dot)));
  const body = sealed.slice(dot + 1);
  if (key === undefined || !/^[A-Za-z0-9_-]+$/.test(body)) return undefined;
  const bytes = Buffer.from(body, "base64url");
  // One spelling of each text: what is read is what was written.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== body) return undefined;
  const end = bytes.length - TAG_BYTES;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, ownKey(key, nonce), nonce.subarray(IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(use));
  decipher.setAuthTag(bytes.subarray(end));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

/** Of one text: 32 bytes. */
function ownKey({ bytes }: SealKey, nonce: SealNonce): Buffer {
  const salt = nonce.subarray(0, NONCE_BYTES - IV_BYTES);
  return createHmac("sha256", bytes).update("hawser oidc\0").update(salt).digest().subarray(0, KEY_BYTES);
}
