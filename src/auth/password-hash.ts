import { DEFAULT_SHA_ROUNDS } from "./sha-crypt.ts";

/** A stored password, as a line of `htpasswd` has it after the name. */
export interface PasswordHash {
  readonly scheme: PasswordScheme;
  /** As it was written. */
  readonly text: string;
  /** About how many microseconds it takes to compare a password with it. */
  readonly work: number;
}

/** `apr1` and `md5`: `$apr1$` and `$1$`; `sha` and `ssha`: SHA-1 in base64, without and with salt. */
export type PasswordScheme = "apr1" | "md5" | "sha256" | "sha512" | "bcrypt" | "sha" | "ssha";

/** A stored password that is not used, and why. */
export interface UnusedHash {
  readonly why: string;
}

/** More would block all other sign-ins for seconds. */
const MAX_BCRYPT_COST = 14;
const MAX_SHA_ROUNDS = 500_000;

const SCHEMES: readonly { readonly scheme: PasswordScheme; readonly form: RegExp }[] = [
  { scheme: "apr1", form: /^\$apr1\$[^$:]{0,8}\$[./0-9A-Za-z]{22}$/ },
  { scheme: "md5", form: /^\$1\$[^$:]{0,8}\$[./0-9A-Za-z]{22}$/ },
  { scheme: "sha256", form: /^\$5\$(?:rounds=(?<rounds>\d{4,9})\$)?[^$:]{0,16}\$[./0-9A-Za-z]{43}$/ },
  { scheme: "sha512", form: /^\$6\$(?:rounds=(?<rounds>\d{4,9})\$)?[^$:]{0,16}\$[./0-9A-Za-z]{86}$/ },
  { scheme: "bcrypt", form: /^\$2[aby]\$(?<cost>0[4-9]|[12]\d|3[01])\$[./0-9A-Za-z]{53}$/ },
  { scheme: "sha", form: /^\{SHA\}[A-Za-z0-9+/]{27}=$/ },
  { scheme: "ssha", form: /^\{SSHA\}(?:[A-Za-z0-9+/]{4}){7,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/ },
];

/** Measured on one core of 2020, for the longest password. */
const WORK = { sha: 2, ssha: 2, apr1: 3_000, md5: 3_000, shaRound: 2, bcryptRound: 45 } as const;

/** Reads a stored password. What cannot be compared safely, or at all, is not used: a password of its name does not let in. */
export function readPasswordHash(text: string): PasswordHash | UnusedHash {
  for (const { scheme, form } of SCHEMES) {
    const match = form.exec(text);
    if (match === null) continue;
    const { rounds, cost } = match.groups ?? {};
    const why = tooSlow(scheme, Number(rounds ?? 0), Number(cost ?? 0));
    return why === undefined ? { scheme, text, work: workOf(scheme, rounds, cost) } : { why };
  }
  if (/^\{PLAIN\}/i.test(text)) return { why: "it is a plain password, which Hawser never compares" };
  if (/^[./0-9A-Za-z]{13}$/.test(text)) return { why: "it is of DES crypt, which is broken" };
  if (text.startsWith("$2x$")) return { why: "it is bcrypt of the broken version 2x" };
  return { why: "it is not a hash of apr1, bcrypt, SHA or crypt ($1$, $5$, $6$)" };
}

function tooSlow(scheme: PasswordScheme, rounds: number, cost: number): string | undefined {
  if (cost > MAX_BCRYPT_COST) return `its cost is ${cost}, and more than ${MAX_BCRYPT_COST} would block other sign-ins`;
  if (rounds > MAX_SHA_ROUNDS)
    return `it takes ${rounds} rounds, and more than ${MAX_SHA_ROUNDS} would block other sign-ins`;
  if (scheme.startsWith("sha") && rounds !== 0 && rounds < 1_000) return "it takes less than 1000 rounds";
  return undefined;
}

function workOf(scheme: PasswordScheme, rounds: string | undefined, cost: string | undefined): number {
  if (scheme === "bcrypt") return WORK.bcryptRound * 2 ** Number(cost);
  if (scheme === "sha256" || scheme === "sha512") return WORK.shaRound * Number(rounds ?? DEFAULT_SHA_ROUNDS);
  return WORK[scheme];
}
