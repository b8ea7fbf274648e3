import { complain, type Field, isUnset, readText } from "./field.ts";
import { keyOf, type KubeObject, rootField } from "./object.ts";
import type { Parsed } from "./problem.ts";
import { decodeBase64, type SecretKey, secretValue } from "./secret-value.ts";

/** A Secret that holds a certificate: `tls.crt` and `tls.key`, decoded from base64, PEM checked in form only. */
export interface TlsSecret {
  readonly key: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * Reads a Secret (v1) as a certificate, of type kubernetes.io/tls or any other that has the two keys. Certificates on
 * disk may be in `stringData` as they are; it wins over `data`, as in Kubernetes. No Problem repeats what is in it.
 */
export function parseTlsSecret(object: KubeObject): Parsed<TlsSecret> {
  const root = rootField(object);
  const certificatePem = readPem(root, "tls.crt", "CERTIFICATE");
  const privateKeyPem = readPem(root, "tls.key", "(?:RSA |EC )?PRIVATE KEY");
  const { problems } = root;
  if (certificatePem === undefined || privateKeyPem === undefined) return { ok: false, problems };
  return { ok: true, value: { key: keyOf(object.metadata), certificatePem, privateKeyPem }, problems };
}

/** A text in PEM form, with a block of this kind, under a key of a Secret; undefined, with a Problem, where it is none. */
export function readPem(root: Field, name: SecretKey, label: string): string | undefined {
  const { field, isPlain } = secretValue(root, name);
  const what = `Cannot use ${name} of the Secret`;
  if (isUnset(field)) {
    const fix = "Make it with: kubectl create secret tls NAME --cert FILE --key FILE";
    return complain(field, "SECRET_KEY_MISSING", { what, why: "there is none", fix });
  }
  const text = isPlain ? readText({ ...field, value: textOrNumber(field.value) }) : readEncoded(field, what);
  if (text === undefined) return undefined;
  if (isPem(text, label)) return text;
  const isEncrypted = text.includes("ENCRYPTED");
  return complain(field, "SECRET_NOT_PEM", {
    what,
    why: isEncrypted
      ? "the key is encrypted, and Hawser cannot ask for the password"
      : "it is not a PEM text of its kind",
    fix: isEncrypted ? "Store it without a password" : "Store the file that begins with -----BEGIN",
  });
}

/** Whether a text has a block of the kind, from its first line to its last. */
function isPem(text: string, label: string): boolean {
  const begin = new RegExp(`^-----BEGIN (${label})-----\\s`, "m").exec(text);
  return begin !== null && text.includes(`\n-----END ${begin[1]}-----`, begin.index);
}

/** A Problem about a wrong type must not show a number that may be a secret. */
function textOrNumber(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? "" : value;
}

/** PEM is ASCII, so one character for each byte is enough. */
function readEncoded(field: Field, what: string): string | undefined {
  const decoded = decodeBase64(field);
  if (decoded !== undefined && decoded !== "") return decoded;
  const { value } = field;
  const isPlain = typeof value === "string" && value.replaceAll(/\s+/g, "").startsWith("-----BEGIN");
  return complain(field, "SECRET_NOT_BASE64", {
    what,
    why: isPlain ? "it is PEM as it is, and values under data are base64" : "it is not base64",
    fix: isPlain
      ? "Write it under stringData, or encode it with: base64 -w0 FILE"
      : "Encode the file with: base64 -w0 FILE",
  });
}
