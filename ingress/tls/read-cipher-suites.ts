import { createSecureContext } from "node:tls";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed } from "#src/model/problem.ts";

/** Reads an option that lists cipher suites in OpenSSL's form; undefined where it is not given. */
export function readCipherSuites(flag: string, text: string | undefined): Parsed<string | undefined> {
  try {
    if (text !== undefined) createSecureContext({ ciphers: text });
    return { ok: true, value: text, problems: [] };
  } catch {
    const what = `Cannot use "${text}"`;
    const why = "OpenSSL finds no cipher suite in it";
    const fix = "Write names of cipher suites with colons between them, such as ECDHE-RSA-AES128-GCM-SHA256";
    return { ok: false, problems: [optionInvalid([flag], { what, why, fix })] };
  }
}
