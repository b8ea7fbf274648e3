import { hash } from "node:crypto";
import { cryptText } from "./crypt-text.ts";

/** What `crypt` takes where a hash names no number. */
export const DEFAULT_SHA_ROUNDS = 5_000;
const MAX_SALT_LETTERS = 16;

type Group = readonly [number, number, number];

/** Digest, its size, and the order in which its bytes are printed. */
const KINDS = {
  sha256: { bytes: 32, groups: [...rotated([0, 10, 20], 10, "right"), [-1, 31, 30] as Group] },
  sha512: { bytes: 64, groups: [...rotated([0, 21, 42], 21, "left"), [-1, -1, 63] as Group] },
} as const;

/**
 * The hash of a password as `crypt` prints it for `$5$` (SHA-256) and `$6$` (SHA-512), without prefix and salt, as Ulrich
 * Drepper's "Unix crypt using SHA-256 and SHA-512" describes it.
 */
export function shaCrypt(
  kind: keyof typeof KINDS,
  password: Uint8Array,
  { salt, rounds }: { readonly salt: string; readonly rounds: number },
): string {
  const { bytes, groups } = KINDS[kind];
  const digestOf = (parts: readonly Uint8Array[]) => hash(kind, Buffer.concat(parts), "buffer");
  const salted = Buffer.from(salt.slice(0, MAX_SALT_LETTERS), "latin1");
  const inner = digestOf([password, salted, password]);
  const first = [password, salted, filled(inner, password.length)];
  for (let bits = password.length; bits > 0; bits >>>= 1) first.push((bits & 1) === 1 ? inner : password);
  let digest = digestOf(first);
  const repeated = filled(digestOf(Array.from(password, () => password)), password.length);
  const salts = filled(digestOf(Array.from({ length: 16 + digest[0]! }, () => salted)), salted.length);
  const input = Buffer.alloc(bytes + salts.length + 2 * repeated.length);
  for (let round = 0; round < rounds; round++) {
    const isOdd = (round & 1) === 1;
    let end = put(input, isOdd ? repeated : digest, 0);
    if (round % 3 !== 0) end = put(input, salts, end);
    if (round % 7 !== 0) end = put(input, repeated, end);
    end = put(input, isOdd ? digest : repeated, end);
    digest = hash(kind, input.subarray(0, end), "buffer");
  }
  return cryptText(digest, groups);
}

/** A digest again and again, up to a length. */
function filled(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}

function put(to: Buffer, bytes: Buffer, at: number): number {
  to.set(bytes, at);
  return at + bytes.length;
}

/** Each group is the one before, one further, with its positions turned. */
function rotated(first: Group, count: number, turn: "left" | "right"): readonly Group[] {
  const groups = [first];
  while (groups.length < count) {
    const [high, middle, low] = groups.at(-1)!;
    groups.push(turn === "left" ? [middle + 1, low + 1, high + 1] : [low + 1, high + 1, middle + 1]);
  }
  return groups;
}
