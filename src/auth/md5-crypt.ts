import { hash } from "node:crypto";
import { cryptText } from "./crypt-text.ts";

const ROUNDS = 1_000;
const MAX_SALT_LETTERS = 8;
const DIGEST_BYTES = 16;
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
  [-1, -1, 11],
] as const;

/** The MD5 hash of a password as `htpasswd -m` (prefix `$apr1$`) and `crypt` (`$1$`) print it, without prefix and salt. */
export function md5Crypt(password: Uint8Array, salt: string, prefix: "$apr1$" | "$1$"): string {
  const salted = Buffer.from(salt.slice(0, MAX_SALT_LETTERS), "latin1");
  const nothing = Buffer.alloc(1);
  const inner = md5([password, salted, password]);
  const first = [password, Buffer.from(prefix), salted];
  for (let left = password.length; left > 0; left -= DIGEST_BYTES) first.push(inner.subarray(0, left));
  for (let bits = password.length; bits > 0; bits >>>= 1)
    first.push((bits & 1) === 1 ? nothing : password.subarray(0, 1));
  let digest = md5(first);
  for (let round = 0; round < ROUNDS; round++) {
    const isOdd = (round & 1) === 1;
    const parts = [isOdd ? password : digest];
    if (round % 3 !== 0) parts.push(salted);
    if (round % 7 !== 0) parts.push(password);
    parts.push(isOdd ? digest : password);
    digest = md5(parts);
  }
  return cryptText(digest, GROUPS);
}

function md5(parts: readonly Uint8Array[]): Buffer {
  return hash("md5", Buffer.concat(parts), "buffer");
}
