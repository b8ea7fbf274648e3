import { isSecretName, SECRET_NAME_IN_TEXT } from "./secret-names.ts";

/** What is in place of a secret. */
export const REDACTED = "REDACTED";

interface Rule {
  readonly find: RegExp;
  readonly put: string;
}

/** What is a secret by its form, wherever it is. */
const FORMS: readonly Rule[] = [
  // Keys in PEM, also where the end is cut off, or lines are joined by \n as JSON has them.
  {
    find: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    put: `${REDACTED} PRIVATE KEY`,
  },
  { find: /\beyJ[\w-]{6,8192}\.[\w-]*(?:\.[\w-]*){0,3}/g, put: `${REDACTED} JWT` },
  // The user and password of a URL.
  { find: /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]+@/gi, put: `${REDACTED}@` },
  { find: /\b(Bearer|Basic|Digest|Negotiate|Token|ApiKey) +(?!realm\b)[\w.~+/=:-]{6,}/gi, put: `$1 ${REDACTED}` },
  { find: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, put: REDACTED },
  {
    find: /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk_live_|rk_live_|sk-|AIza|ya29\.|npm_|dop_v1_|hvs\.)[\w-]{10,}/g,
    put: REDACTED,
  },
  // Hashes of passwords: they can be tried.
  { find: /\$(?:apr1|[156y]|2[abxy]|argon2\w*|scrypt|7)\$[\w./$+=,-]+/g, put: REDACTED },
  { find: /\{(?:SHA|SSHA|SHA256|SSHA256|SHA512)\}[\w+/=]+/g, put: REDACTED },
  // Long keys in hexadecimal digits; digests say what they are.
  { find: /(?<!sha(?:256|512)[:-])(?<![\w])[0-9a-f]{32,}(?![\w-])/gi, put: REDACTED },
  // Long keys in Base64: with letters of both cases and a digit, as names of objects do not have.
  { find: /(?<![\w+/.-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{40,}={0,2}/g, put: REDACTED },
];

/** `name: value`, `name=value`, `"name": "value"`, `--name value`; of header fields the whole line. */
const HEADER = /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(["']?\s*[:=]\s*)[^\r\n]+/gi;
const ASSIGNED = new RegExp(
  String.raw`(\\{0,8}["']?)(${SECRET_NAME_IN_TEXT})(\\{0,8}["']?)(\s*=\s*|\s*:\s*|(?<=--[\w.-]+) +)(\\{1,8}"(?:(?!\\{1,8}").)*\\{1,8}"|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?<==\s*)[^\s,;&"'}\]]+|(?<=--[\w.-]+ +)\S+|[^\r\n,;&"'}\]]+)`,
  "gi",
);
/** A line of YAML: a value without quotes may have any character. */
const LINE = new RegExp(
  String.raw`^([ \t]*(?:- +)?["']?(${SECRET_NAME_IN_TEXT})["']?[ \t]*:[ \t]+)(?![|>&*{[][^\r\n]*$)[^\r\n]+$`,
  "gim",
);
/** A value in YAML that is on the next lines: what is deeper is it. */
const BLOCK = /^(\s*)(?:- )?["']?([\w./-]+)["']?\s*:\s*(?:[|>][+-]?\d?[+-]?\s*)?(?:#.*)?$/;

/** A text without secrets, as far as their names or forms show them. */
export function redactText(text: string): string {
  let shown = withoutBlocks(text);
  for (const { find, put } of FORMS) shown = shown.replace(find, put);
  shown = shown.replace(HEADER, (_, name: string, joint: string) => `${name}${joint}${REDACTED}`);
  shown = shown.replace(LINE, (all: string, begin: string, name: string) =>
    isSecretName(name) ? `${begin}${REDACTED}` : all,
  );
  return shown.replace(ASSIGNED, (all: string, ...[open, name, close, joint]: readonly string[]) =>
    isSecretName((name ?? "").replace(/^-+/, "")) ? `${open}${name}${close}${joint}${REDACTED}` : all,
  );
}

function withoutBlocks(text: string): string {
  if (!/:\s*(?:[|>].*)?$/m.test(text)) return text;
  const lines: string[] = [];
  let depth = Infinity;
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    if (line.trim() !== "" && indent <= depth) depth = Infinity;
    if (depth !== Infinity) continue;
    lines.push(line);
    const [, spaces = "", name = ""] = BLOCK.exec(line) ?? [];
    if (name === "" || !isSecretName(name)) continue;
    depth = spaces.length;
    lines.push(`${spaces}  ${REDACTED}`);
  }
  return lines.join("\n");
}
