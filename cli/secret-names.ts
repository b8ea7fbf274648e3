/** Words that say it wherever they are in a name: `PGPASSWORD`, `dbpasswd1`. */
const ANYWHERE = "passw(?:or)?d|passphrase|htpasswd";
/** Words that say it at the end of a word: `APIToken`, `clientsecret`, `token2`. */
const AT_END =
  "secret|token|credential|(?:api|access|private|secret|signing|encryption|shared|client|account)[-_.]?key|requirepass|masterauth|sshpass|userpass|bindpw";
/** Words that say it where they are whole: `passthrough`, `author` and `compass` have none. */
const WHOLE =
  "pass(?:code)?|pwd|pw|auth(?:orization)?|cookie|session(?:[-_.]?id)?|sid|jwt|bearer|signature|sig|hmac|nonce|salt|otp|pin";

/** Such words in a name: `CLIENT_SECRET`, `db-password`, `apiKey`, `sessionid`. */
const SECRET = new RegExp(
  String.raw`${ANYWHERE}|(?:${AT_END}|(?:^|[-_./])(?:${WHOLE}))(?:s|data|value)?\d*(?:$|[-_./])`,
  "i",
);

/** Names of fields that have such a word; their own text is a secret, and what is in them is judged by its own names. */
const GROUPS: ReadonlySet<string> = new Set(["auth", "secret", "secrets", "tokens"]);

/** Names that have such a word and whose value is a name or a number. */
const HARMLESS: ReadonlySet<string> = new Set([
  "auth-realm",
  "auth-secret-type",
  "auth-tls-verify-client",
  "auth-tls-verify-depth",
  "auth-type",
  "automount-service-account-token",
  "image-pull-secrets",
  "secret-key-ref",
  "secret-name",
  "secret-namespace",
  "secret-ref",
  "service-account-token",
  "session-affinity",
  "session-affinity-config",
  "session-cookie-samesite",
  "ssl-session-cache",
]);

/** Longer names are judged by their ends. */
const MAX_LENGTH = 256;

/** Whether the value of what has this name is a secret, whatever it is. Annotations are judged by what is after the slash. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  return !HARMLESS.has(words) && !GROUPS.has(words) && SECRET.test(words);
}

/** Whether a text of this name is a secret: also `secret` and `auth`, but not where they name an object, as namespace/name. */
export function isSecretText(name: string, text: string): boolean {
  return GROUPS.has(wordsOf(name)) ? !/^["']?[a-z0-9.-]+\/[a-z0-9.-]+["']?$/.test(text.trim()) : isSecretName(name);
}

/** Whether it is a word of prose, too: `cannot read the secret: not found`. */
export function isSecretGroup(name: string): boolean {
  return GROUPS.has(wordsOf(name));
}

function wordsOf(name: string): string {
  const short = name.slice(-MAX_LENGTH);
  return short
    .slice(short.lastIndexOf("/") + 1)
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-")
    .replace(/^[-.]+/, "")
    .toLowerCase();
}
