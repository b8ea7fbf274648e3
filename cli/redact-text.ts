import { isSecretGroup, isSecretName, isSecretText } from "./secret-names.ts";

/** What is in place of a secret. */
export const REDACTED = "REDACTED";

interface Rule {
  readonly find: RegExp;
  readonly put: string;
}

/** What is a secret by its form, wherever it is. */
const FORMS: readonly Rule[] = [
  { find: /\beyJ[\w-]{6,512}\.[\w-]*(?:\.[\w-]*){0,3}/g, put: `${REDACTED} JWT` },
  // The user and password of a URL; a password that is not encoded may have a slash and an @.
  {
    find: /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>:]{0,256}:(?!\d+(?:[/?#]|$))[^\s"'<>]{0,512}@/gi,
    put: `${REDACTED}@`,
  },
  { find: /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]+@/gi, put: `${REDACTED}@` },
  // The same without a scheme, as drivers of databases have it; digests of images are after a colon, too.
  { find: /(?<![\w./:%+-])[\w.%+-]{1,64}:[^\s/@"'<>,]{1,256}@(?!sha(?:256|512):)(?=[\w[(.-])/g, put: `${REDACTED}@` },
  { find: /(?<=(?:^|[\s"'])(?:-u|-U|--user|--proxy-user)(?:[ \t]+|=)["']?)[^\s:"']{1,128}:[^\s"']+/g, put: REDACTED },
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
  { find: /(?<!sha(?:256|512)[:-])(?<![\w])(?:0x)?[0-9a-f]{32,}(?!\w)/gi, put: REDACTED },
  // Long keys in Base64: with letters of both cases and a digit, as names of objects do not have; shorter ones in the path of a URL.
  { find: /(?<![\w+/-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{40,}={0,2}/g, put: REDACTED },
  { find: /(?<=\/)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{20,}/g, put: REDACTED },
  // Parameters of sign-in and of signed URLs whose names are common words elsewhere.
  {
    find: /(?<=[?&;](?:code|state|key|assertion|samlresponse|samlrequest|relaystate|ticket|oobcode|invite)=)[^&\s"'<>#]+/gi,
    put: REDACTED,
  },
  // FRR, Redis and .netrc have a password after a blank; prose goes on with such words.
  {
    find: /(?<=\b(?:password|passwd|requirepass|masterauth)[ \t]+)(?!(?:of|is|in|and|or|for|to|at|the|which|that|was|authentication|an?|by|from|with|has|did|must|may|can)\b)(?![=:])\S+/gi,
    put: REDACTED,
  },
];

/** Keys in PEM, also where the end is cut off, or lines are joined by \n as JSON has them. */
const PEM =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g;
const PEM_END = /-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/;
/** Of header fields the whole line. */
const HEADER =
  /(?<![\w-])([\w-]*(?:authorization|cookies?|x-api-key|x-auth-token))(\\{0,8}["']?\s*[:=]\s*)(?!\s)[^\r\n]+/gi;
/** What `routes` and `explain` say of rules about header fields: a value may have what ends a setting, so the whole line. */
const HEADER_SETTING = /\b((?:request|answer)-field [\w-]+:)[^\r\n]*/g;
/** `name: value`, `name=value`, `"name": "value"`, `--name value`: a word, and what joins it to a value. */
const NAMED = /(?<![\w.-])([\w.-]+)(\\{0,8}["']?)(\s*[=:]\s*|[ \t]+)/g;
const QUOTED = String.raw`(\\{1,8})"(?:(?!(?<!\\)\1")[\s\S])*\1"|\\{1,8}"[^\r\n]*|"(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*'|["'[{][^\r\n]*`;
const WORD_VALUE = new RegExp(String.raw`${QUOTED}|\S+`, "y");
/** After `=` a blank ends a value, after `:` the line; a comma or bracket only with a blank or a quote after it. */
const EQUAL_VALUE = new RegExp(String.raw`${QUOTED}|(?:[^\s,;&"'}\]]|[,;}\]](?![\s"']|$))+`, "y");
const COLON_VALUE = new RegExp(String.raw`${QUOTED}|(?:[^\r\n,;&"'}\]]|[,;}\]](?![\s"']|$))+`, "y");
/** A line of YAML, properties or JSON that begins with a name. */
const LINE = /^([ \t]*(?:- +)*)(?:export[ \t]+)?(["']?)([\w./-]{1,256})\2[ \t]*(?:(:)(?![^\s])|(=))[ \t]*([\s\S]*)$/;

/** A text without secrets, as far as their names or forms show them. */
export function redactText(text: string): string {
  let shown = withoutLines(withoutKeys(text));
  for (const { find, put } of FORMS) shown = shown.replace(find, put);
  shown = shown.replace(HEADER, (_, name: string, joint: string) => `${name}${joint}${REDACTED}`);
  shown = shown.replace(HEADER_SETTING, `$1 ${REDACTED}`);
  return withoutNamed(shown);
}

function withoutKeys(text: string): string {
  const shown = text.replace(PEM, `${REDACTED} PRIVATE KEY`);
  if (!PEM_END.test(shown)) return shown;
  // The begin of a key was cut off.
  const lines = shown.split("\n");
  for (const [at, line] of lines.entries()) {
    if (!PEM_END.test(line)) continue;
    lines[at] = `${REDACTED} PRIVATE KEY`;
    for (let before = at - 1; before >= 0 && /^\s*[\w+/=]{1,128}\s*$/.test(lines[before] ?? ""); before -= 1)
      lines[before] = `${REDACTED} PRIVATE KEY`;
  }
  return lines.join("\n");
}

/** Without the values of lines that begin with a secret's name, and without what is deeper below them. */
function withoutLines(text: string): string {
  if (!/[:=]/.test(text)) return text;
  const lines: string[] = [];
  let depth = Infinity;
  let isList = false;
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    // The items of a list in YAML may be as deep as its name.
    const isBelow = indent > depth || (isList && indent === depth && /^\s*-\s/.test(line));
    if (line.trim() !== "" && !isBelow) depth = Infinity;
    if (depth !== Infinity) continue;
    const found = secretLine(line);
    lines.push(found?.shown ?? line);
    if (found?.isOver !== false) continue;
    depth = found.depth;
    isList = found.isList;
  }
  return lines.join("\n");
}

interface SecretLine {
  /** What is in its place. */
  readonly shown: string;
  /** The value is no longer than the line. */
  readonly isOver: boolean;
  /** What is deeper is of the value. */
  readonly depth: number;
  readonly isList: boolean;
}

/** Undefined: the line does not begin with a secret's name. */
function secretLine(line: string): SecretLine | undefined {
  const found = LINE.exec(line);
  if (found === null) return undefined;
  const [, begin = "", quote = "", name = "", colon, , rest = ""] = found;
  const value = rest.trim().replace(/^#.*$/, "");
  const isOver = colon === undefined;
  if (isOver && value === "") return undefined;
  const isSecret = value === "" || /^[[{]/.test(value) ? isSecretName(name) : isSecretText(name, value);
  const shown = `${begin}${quote}${name}${quote}${isOver ? "=" : ": "}${REDACTED}`;
  return isSecret ? { shown, isOver, depth: begin.length, isList: value === "" } : undefined;
}

function withoutNamed(text: string): string {
  const parts: string[] = [];
  let end = 0;
  NAMED.lastIndex = 0;
  for (let found = NAMED.exec(text); found !== null; found = NAMED.exec(text)) {
    const [, name = "", close = "", joint = ""] = found;
    const isBlank = joint.trim() === "";
    if (isBlank && !(name.startsWith("-") && close === "")) continue;
    const isColon = joint.includes(":");
    const isGroup = isSecretGroup(name);
    // A group's name is a word of prose, too, with a colon after it.
    if (isGroup ? isBlank || (isColon && close === "") : !isSecretName(name)) continue;
    const value = valueAt(text, NAMED.lastIndex, isBlank ? WORD_VALUE : isColon ? COLON_VALUE : EQUAL_VALUE);
    if (value === "" || !isSecretText(name, value)) continue;
    parts.push(text.slice(end, NAMED.lastIndex), REDACTED);
    end = NAMED.lastIndex + value.length;
    NAMED.lastIndex = end;
  }
  return parts.join("") + text.slice(end);
}

function valueAt(text: string, at: number, form: RegExp): string {
  form.lastIndex = at;
  return form.exec(text)?.[0] ?? "";
}
