import { hash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed } from "#src/model/problem.ts";

/** A token is no longer; what is longer is another file. */
const MAX_BYTES = 4_096;

/** Reads the token that is in a file now. Rejects where it cannot be read. */
export type ReadToken = () => Promise<string>;

/** Looks into a file with a token, which may change while the program runs: it is read each time. Undefined: no file is named. */
export async function openTokenFile(flag: string, path: string | undefined): Promise<Parsed<ReadToken | undefined>> {
  if (path === undefined) return { ok: true, value: undefined, problems: [] };
  const read = async (): Promise<string> => (await readFile(path, "utf8")).trim();
  const why = await read().then(whyUnusable, ({ code, message }: NodeJS.ErrnoException) => code ?? message);
  if (why === undefined) return { ok: true, value: read, problems: [] };
  const what = `Cannot use the file ${JSON.stringify(path)}`;
  const fix = "Write a token of visible ASCII into it, such as what openssl rand -hex 32 prints";
  return { ok: false, problems: [optionInvalid([flag], { what, why, fix })] };
}

/** The token that the value of a field Authorization shows (RFC 6750 section 2.1); empty if it shows none. */
export function bearerOf(authorization: string | undefined): string {
  return /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
}

/** Whether the value of a field Authorization is this token, as a bearer shows it. It takes as long for a wrong one. */
export function isBearer(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => hash("sha256", text, "buffer");
  return timingSafeEqual(digest(bearerOf(authorization)), digest(token)) && token !== "";
}

function whyUnusable(token: string): string | undefined {
  if (token === "") return "it is empty";
  return token.length <= MAX_BYTES && /^[\x21-\x7e]+$/.test(token) ? undefined : "it is not one word of visible ASCII";
}
