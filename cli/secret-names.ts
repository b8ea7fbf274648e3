/** Words in a name that say that its value is a secret: `CLIENT_SECRET`, `db-password`, `apiKey`, `sessionid`. */
const SECRET_WORDS =
  "pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|api[-_.]?key|access[-_.]?key|private[-_.]?key|signing[-_.]?key|encryption[-_.]?key|shared[-_.]?key|auth(?:orization)?|cookie|session(?:[-_.]?id)?|jwt|bearer|signature|hmac|htpasswd|nonce|salt|otp|pin";

/** A whole word, by case, dash or end: `passthrough` and `author` have none. */
const SECRET = new RegExp(String.raw`(?:^|[-_./])(?:${SECRET_WORDS})s?(?:$|[-_./])`, "i");

/** Names that have such a word and whose value is a name or a number. */
const HARMLESS: ReadonlySet<string> = new Set([
  "auth",
  "auth-realm",
  "auth-secret-type",
  "auth-tls-verify-client",
  "auth-tls-verify-depth",
  "auth-type",
  "automount-service-account-token",
  "image-pull-secrets",
  "secret",
  "secret-key-ref",
  "secret-name",
  "secret-namespace",
  "secret-ref",
  "secrets",
  "service-account-token",
  "session-affinity",
  "session-affinity-config",
  "session-cookie-samesite",
  "ssl-session-cache",
  "tokens",
]);

/** Whether the value of what has this name is a secret. Annotations are judged by what is after the slash. */
export function isSecretName(name: string): boolean {
  const short = name.slice(name.lastIndexOf("/") + 1);
  const words = short.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
  return !HARMLESS.has(words) && SECRET.test(words);
}

/** The names in a text of assignments, as the source of an expression. Its ends are bounded, so that a long text takes no quadratic time. */
export const SECRET_NAME_IN_TEXT = String.raw`[\w.-]{0,64}(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key|signing[-_.]?key|encryption[-_.]?key|shared[-_.]?key|authorization|cookie|session[-_.]?id|signature|hmac|htpasswd)s?[\w.-]{0,64}`;
