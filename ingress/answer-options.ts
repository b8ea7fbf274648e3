import { type AnswerFields, answerFields } from "#src/filters/answer-fields.ts";
import { isWritableField } from "#src/model/header-map.ts";
import type { Compression } from "#src/filters/compression.ts";
import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed } from "#src/model/problem.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { compressionOptions, readCompressions } from "./compression-options.ts";

/** The options about what is sent to clients besides what endpoints say. */
export const answerOptions = {
  allowedResponseHeaders: {
    kind: "list",
    placeholder: "NAMES",
    help: "Header fields that the annotation custom-headers may set in answers, such as X-Frame-Options,Content-Security-Policy (default: none)",
  },
  hideResponseHeaders: {
    kind: "list",
    placeholder: "NAMES",
    help: "Header fields of endpoints that clients do not get, such as X-Powered-By (default: none)",
  },
  hsts: {
    kind: "boolean",
    default: false,
    help: "Send Strict-Transport-Security with answers by TLS for hosts with a tls entry: browsers then use no plain HTTP for them",
  },
  hstsMaxAge: {
    kind: "number",
    min: 0,
    max: 999_999_999,
    default: 31_536_000,
    help: "Seconds that browsers remember --hsts",
  },
  hstsIncludeSubdomains: { kind: "boolean", default: true, help: "--hsts holds for all names below the host, too" },
  hstsPreload: { kind: "boolean", default: false, help: "--hsts may be built into browsers" },
  ...compressionOptions,
} as const satisfies OptionSpecs;

/** What these options say. */
interface AnswerSettings {
  /** Names in lower case. */
  readonly allowedHeaders: ReadonlySet<string>;
  readonly fields: AnswerFields;
  /** How answers are compressed, best first. */
  readonly compressions: readonly Compression[];
}

/** Reads the options; a field cannot be hidden that says how a message is sent. */
export function readAnswerSettings(options: OptionValues<typeof answerOptions>): Parsed<AnswerSettings> {
  const { allowedResponseHeaders, hideResponseHeaders, hsts: isOn } = options;
  const bad = hideResponseHeaders.filter((name) => !isWritableField(name));
  if (bad.length > 0) {
    const what = `Cannot hide ${JSON.stringify(bad[0])}`;
    const why = "it is not a name of a header field, or it says how a message is sent";
    const fix = "Write names such as X-Powered-By, with commas between them";
    return { ok: false, problems: [optionInvalid(["--hide-response-headers"], { what, why, fix })] };
  }
  const { hstsMaxAge: maxAgeSeconds, hstsIncludeSubdomains: hasSubdomains, hstsPreload: isPreloaded } = options;
  const hsts = isOn ? { maxAgeSeconds, hasSubdomains, isPreloaded } : undefined;
  const value = {
    allowedHeaders: lowerCase(allowedResponseHeaders),
    compressions: readCompressions(options),
    fields: answerFields({ hidden: lowerCase(hideResponseHeaders), hsts }),
  };
  return { ok: true, value, problems: [] };
}

function lowerCase(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
