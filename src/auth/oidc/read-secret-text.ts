import { complain, type Field, isUnset } from "#src/model/field.ts";
import { decodeBase64, type SecretKey, secretValue } from "#src/model/secret-value.ts";

/** The text under a key of a Secret (v1), and where it is; undefined, with a Problem, where it is missing or cannot be read. */
export function readSecretText(
  root: Field,
  key: SecretKey,
): { readonly text: string; readonly field: Field } | undefined {
  const { field, isPlain } = secretValue(root, key);
  if (isUnset(field))
    return complain(field, "SECRET_KEY_MISSING", {
      what: `Cannot find ${key} in the Secret`,
      why: "it is missing",
      fix: `Store it under the key ${key}`,
    });
  const { value } = field;
  if (isPlain && typeof value === "string") return { text: value, field };
  const bytes = isPlain ? undefined : decodeBase64(field);
  if (bytes !== undefined) return { text: Buffer.from(bytes, "latin1").toString("utf8"), field };
  return complain(field, "SECRET_NOT_BASE64", {
    what: "Cannot read this value of the Secret",
    why: "it is not base64",
    fix: "Encode it with: base64 -w0 FILE, or write it under stringData",
  });
}
