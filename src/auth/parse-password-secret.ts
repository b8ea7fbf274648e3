import type { PasswordSecretType } from "#src/model/annotations/auth-secret.ts";
import { child, complain, type Field, isUnset, readMap } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { decodeBase64, secretValue } from "#src/model/secret-value.ts";
import { type PasswordHash, readPasswordHash } from "./password-hash.ts";
import { type PasswordList, passwordList } from "./password-list.ts";

/** Users without a usable password that a Problem names. */
const MAX_NAMED = 5;

/** One user as it is written; `place` says where without repeating the name. */
interface WrittenUser {
  readonly user: string;
  readonly hash: string;
  readonly place: string;
}

/**
 * Reads a Secret (v1) as a list of users, as `nginx.ingress.kubernetes.io/auth-secret-type` says. A user whose stored
 * password cannot be used is left out, with a Problem; one without a usable `auth` is not read at all. Manifests on disk may have
 * `stringData`, which wins. No Problem repeats what is in the Secret.
 */
export function parsePasswordSecret(object: KubeObject, type: PasswordSecretType): Parsed<PasswordList> {
  const root = rootField(object);
  const { problems } = root;
  const written = type === "auth-file" ? readFile(root) : readKeys(root);
  if (written === undefined) return { ok: false, problems };
  const users = new Map<string, PasswordHash>();
  const seen = new Set<string>();
  const unused: string[] = [];
  for (const { user, hash, place } of written) {
    const read = readPasswordHash(hash);
    if ("why" in read) unused.push(`${place}: ${read.why}`);
    // As in nginx, the first line of a name counts, also one that locks the user out.
    else if (!seen.has(user)) users.set(user, read);
    seen.add(user);
  }
  if (unused.length > 0) complainOfUnused(root, unused, written.length);
  else if (users.size === 0)
    complain(root, "SECRET_PASSWORD_UNUSABLE", {
      what: "Let no user of this Secret in",
      why: "it names none",
      fix: "Make it with: htpasswd -cB auth NAME, and kubectl create secret generic NAME --from-file auth",
    });
  return { ok: true, value: passwordList(users), problems };
}

function complainOfUnused(root: Field, unused: readonly string[], total: number): void {
  const more = unused.length > MAX_NAMED ? `, and ${unused.length - MAX_NAMED} more` : "";
  complain(root, "SECRET_PASSWORD_UNUSABLE", {
    what: `Left out ${unused.length} of ${total} users`,
    why: `their stored passwords cannot be used: ${unused.slice(0, MAX_NAMED).join("; ")}${more}`,
    fix: "Store these passwords again with: htpasswd -B FILE NAME",
  });
}

/** The lines of the file under `auth`: `name:hash`, maybe with a comment after another colon. */
function readFile(root: Field): readonly WrittenUser[] | undefined {
  const { field } = secretValue(root, "auth");
  if (isUnset(field))
    return complain(field, "SECRET_KEY_MISSING", {
      what: "Cannot use the Secret for names and passwords",
      why: "it has no key auth",
      fix: "Make it with: kubectl create secret generic NAME --from-file auth, or write auth-secret-type: auth-map",
    });
  const text = readBytes(root, "auth");
  return text?.split(/\r?\n/).flatMap((line, index) => readLine(line, `line ${index + 1}`) ?? []);
}

function readLine(line: string, place: string): WrittenUser | undefined {
  if (line.trim() === "" || line.startsWith("#")) return undefined;
  const [user = "", hash = ""] = line.split(":");
  return { user, hash: hash.trimEnd(), place };
}

/** Each key of the Secret: a name and its hash. */
function readKeys(root: Field): readonly WrittenUser[] | undefined {
  const maps = [child(root, "stringData"), child(root, "data")].filter(readMap);
  const names = new Set(maps.flatMap(({ value }) => Object.keys(value as object)));
  const users: WrittenUser[] = [];
  for (const name of names) {
    const text = readBytes(root, name);
    if (text === undefined) return undefined;
    const [hash = ""] = text.trim().split(":");
    users.push({ user: name, hash, place: `user ${users.length + 1}` });
  }
  return users;
}

/** The bytes of a value, one character for each. */
function readBytes(root: Field, key: string): string | undefined {
  const { field, isPlain } = secretValue(root, key);
  const { value } = field;
  if (isPlain && typeof value === "string") return Buffer.from(value).toString("latin1");
  return (
    decodeBase64(field) ??
    complain(field, "SECRET_NOT_BASE64", {
      what: "Cannot read this value of the Secret",
      why: "it is not base64",
      fix: "Encode it with: base64 -w0 FILE, or write it under stringData",
    })
  );
}
