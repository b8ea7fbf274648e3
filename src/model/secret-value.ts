import { child, type Field, isUnset } from "./field.ts";

/**
 * The keys that Hawser reads of Secrets by name: certificates and authorities, names with passwords (`auth-file`), and what sign-in
 * needs. Of a Secret with a certificate these alone are kept in memory.
 */
export const SECRET_KEYS = ["tls.crt", "tls.key", "ca.crt", "ca.crl", "auth", "client-secret", "session-keys"] as const;

export type SecretKey = (typeof SECRET_KEYS)[number];

/** A value of a Secret. */
interface SecretValue {
  readonly field: Field;
  /** It is written as it is, under `stringData`, which wins over `data`, as in Kubernetes; otherwise in base64. */
  readonly isPlain: boolean;
}

/** The value under a key of a Secret (v1), which may be unset. */
export function secretValue(root: Field, key: string): SecretValue {
  const under = (map: string): Field => ({ ...child(child(root, map), key), path: `${map}["${key}"]` });
  const plain = under("stringData");
  return isUnset(plain) ? { field: under("data"), isPlain: false } : { field: plain, isPlain: true };
}

/** The bytes of base64, one character for each; undefined where it is none. White space is allowed: YAML folds long lines. */
export function decodeBase64({ value }: Field): string | undefined {
  const text = typeof value === "string" ? value.replaceAll(/\s+/g, "") : undefined;
  if (text === "") return "";
  return text !== undefined && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? atob(text) : undefined;
}
