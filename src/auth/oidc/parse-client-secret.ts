import { complain } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { readSecretText } from "./read-secret-text.ts";

const MAX_LETTERS = 1_024;

/** Reads the key `client-secret` of a Secret (v1): what the provider knows the client by. Blanks and ends of line around it do not count. */
export function parseClientSecret(object: KubeObject): Parsed<string> {
  const root = rootField(object);
  const read = readSecretText(root, "client-secret");
  const text = read?.text.trim();
  // VSCHAR of RFC 6749 appendix A.
  if (text !== undefined && text.length <= MAX_LETTERS && /^[\x20-\x7e]+$/.test(text))
    return { ok: true, value: text, problems: root.problems };
  if (read !== undefined)
    complain(read.field, "OIDC_SECRET_UNUSABLE", {
      what: "Cannot use the secret of the client",
      why: `it is empty, has more than ${MAX_LETTERS} letters, or some beyond ASCII`,
      fix: "Store the client secret that the provider shows",
    });
  return { ok: false, problems: root.problems };
}
