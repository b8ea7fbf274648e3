import { parsedTogether } from "#src/model/parsed-together.ts";
import type { Parsed } from "#src/model/problem.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import { readAccessLogOptions } from "#ingress/access-log-options.ts";
import { readAnswerSettings } from "#ingress/answer-options.ts";
import type { ingressOptions } from "#ingress/ingress-options.ts";
import { readStoreSettings } from "#ingress/limits/store-options.ts";
import { readProxySettings } from "#ingress/proxy-options.ts";
import { readCipherSuites } from "#ingress/tls/read-cipher-suites.ts";

/** What a parser gives. */
type Read<F extends (...args: never[]) => Parsed<unknown>> = Extract<ReturnType<F>, { readonly ok: true }>["value"];

/** What the options say of how requests are served. */
export interface ServingSettings {
  readonly accessLog: Read<typeof readAccessLogOptions>;
  /** In OpenSSL's form. */
  readonly ciphers: Read<typeof readCipherSuites>;
  readonly answers: Read<typeof readAnswerSettings>;
  readonly limitStore: Read<typeof readStoreSettings>;
  readonly proxies: Read<typeof readProxySettings>;
}

/** Reads these options; Problems of settings that can be used are warnings. */
export function readServingSettings(options: OptionValues<typeof ingressOptions>): Parsed<ServingSettings> {
  return parsedTogether({
    ciphers: readCipherSuites("--tls-ciphers", options.tlsCiphers),
    accessLog: readAccessLogOptions(options),
    answers: readAnswerSettings(options),
    limitStore: readStoreSettings(options),
    proxies: readProxySettings(options),
  });
}
