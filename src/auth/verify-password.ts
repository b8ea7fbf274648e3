import { hash, timingSafeEqual } from "node:crypto";
import { compareSync } from "bcryptjs";
import { md5Crypt } from "./md5-crypt.ts";
import type { PasswordHash, PasswordScheme } from "./password-hash.ts";
import { sameText } from "./same-text.ts";
import { DEFAULT_SHA_ROUNDS, shaCrypt } from "./sha-crypt.ts";

/**
 * Whether a password is the one that was stored. Takes as long as `work` says, and blocks meanwhile: for a thread that
 * does nothing else.
 */
export function verifyPassword({ scheme, text }: PasswordHash, password: Buffer): boolean {
  return VERIFIERS[scheme](text, password);
}

const VERIFIERS: Readonly<Record<PasswordScheme, (text: string, password: Buffer) => boolean>> = {
  apr1: (text, password) => isMd5("$apr1$", text, password),
  md5: (text, password) => isMd5("$1$", text, password),
  sha256: (text, password) => isSha("sha256", text, password),
  sha512: (text, password) => isSha("sha512", text, password),
  bcrypt: isBcrypt,
  sha: isSha1,
  ssha: isSha1,
};

function isMd5(prefix: "$apr1$" | "$1$", text: string, password: Buffer): boolean {
  const [, , salt = "", stored = ""] = text.split("$");
  return sameText(md5Crypt(password, salt, prefix), stored);
}

function isSha(kind: "sha256" | "sha512", text: string, password: Buffer): boolean {
  const parts = text.split("$");
  const rounds = /^rounds=(\d+)$/.exec(parts[2] ?? "")?.[1];
  const [salt = "", stored = ""] = parts.slice(-2);
  return sameText(shaCrypt(kind, password, { salt, rounds: Number(rounds ?? DEFAULT_SHA_ROUNDS) }), stored);
}

/** It is given passwords as text: bytes that are not UTF-8 match none. */
function isBcrypt(text: string, password: Buffer): boolean {
  const given = password.toString("utf8");
  return Buffer.from(given).equals(password) && compareSync(given, text);
}

const SHA1_BYTES = 20;

/** A salt, if there is one, follows the hash. */
function isSha1(text: string, password: Buffer): boolean {
  const stored = Buffer.from(text.slice(text.indexOf("}") + 1), "base64");
  const salted = Buffer.concat([password, stored.subarray(SHA1_BYTES)]);
  return timingSafeEqual(hash("sha1", salted, "buffer"), stored.subarray(0, SHA1_BYTES));
}
