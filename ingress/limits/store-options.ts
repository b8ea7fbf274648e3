import { optionInvalid } from "#src/model/option-invalid.ts";
import type { Parsed } from "#src/model/problem.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { RedisSettings } from "./redis-store.ts";

/** The options about counting with other replicas. */
export const storeOptions = {
  rateLimitStore: {
    kind: "string",
    placeholder: "URL",
    help: "Valkey or Redis (5 or later) in which all replicas count together for rate limits with shared: true, as redis://HOST:PORT/DATABASE, or rediss:// for TLS; redis://NAME@HOST for a user (default: each replica counts alone)",
  },
  rateLimitStorePasswordFile: {
    kind: "string",
    placeholder: "FILE",
    help: "File with the password for --rate-limit-store. Read again for each connection",
  },
  rateLimitStoreCaFile: {
    kind: "string",
    placeholder: "FILE",
    help: "Certificates of the authorities for rediss://, in PEM (default: the usual public ones). Read again for each connection",
  },
  rateLimitStoreTimeout: {
    kind: "number",
    min: 1,
    max: 1_000,
    default: 50,
    help: "Milliseconds that a request waits for --rate-limit-store. Beyond, this replica counts it alone",
  },
} as const satisfies OptionSpecs;

const REDIS_PORT = 6_379;
const MAX_DATABASE = 1_000_000;

/** Reads the options; undefined: there is no store. No Problem repeats a password. */
export function readStoreSettings(options: OptionValues<typeof storeOptions>): Parsed<RedisSettings | undefined> {
  const { rateLimitStore: text, rateLimitStorePasswordFile: passwordFile } = options;
  const { rateLimitStoreCaFile: authoritiesFile } = options;
  if (text === undefined) {
    if (passwordFile !== undefined) return invalid("--rate-limit-store-password-file", WITHOUT_STORE);
    if (authoritiesFile !== undefined) return invalid("--rate-limit-store-ca-file", WITHOUT_STORE);
    return { ok: true, value: undefined, problems: [] };
  }
  const url = URL.parse(text);
  const fault = url === null ? NOT_URL : faultOf(url);
  if (url === null || fault !== undefined) return invalid("--rate-limit-store", fault ?? NOT_URL);
  const isSecure = url.protocol === "rediss:";
  const username = url.username === "" ? undefined : decodeURIComponent(url.username);
  if (username !== undefined && passwordFile === undefined)
    return invalid("--rate-limit-store", {
      why: "it names a user, and no file has the password",
      fix: "Give --rate-limit-store-password-file",
    });
  if (!isSecure && authoritiesFile !== undefined)
    return invalid("--rate-limit-store-ca-file", {
      why: "redis:// is without TLS",
      fix: "Write rediss://, or leave it out",
    });
  return {
    ok: true,
    value: {
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? REDIS_PORT : Number(url.port),
      isSecure,
      database: Number(url.pathname.slice(1)),
      username,
      passwordFile,
      authoritiesFile,
    },
    problems: [],
  };
}

interface Fault {
  readonly why: string;
  readonly fix: string;
}

const NOT_URL: Fault = {
  why: "it is not a URL of a Valkey or Redis",
  fix: "Write a URL such as redis://valkey.default.svc:6379/0",
};
const WITHOUT_STORE: Fault = { why: "there is no --rate-limit-store", fix: "Give --rate-limit-store, or leave it out" };

function faultOf({ protocol, hostname, password, username, pathname, search, hash }: URL): Fault | undefined {
  if (protocol !== "redis:" && protocol !== "rediss:") return NOT_URL;
  if (password !== "")
    return {
      why: "it has a password, and other users and programs of the machine can read the command line",
      fix: "Write the password into a file, and name it with --rate-limit-store-password-file",
    };
  const isName = /^(?:[^%]|%[0-9A-Fa-f]{2})*$/.test(username);
  if (hostname === "" || search !== "" || hash !== "" || !isName) return NOT_URL;
  if (/^\/?$/.test(pathname)) return undefined;
  if (/^\/\d{1,7}$/.test(pathname) && Number(pathname.slice(1)) <= MAX_DATABASE) return undefined;
  return { why: "what follows the host is not the number of a database", fix: "Write /0, or leave it out" };
}

function invalid(flag: string, { why, fix }: Fault): Parsed<never> {
  return { ok: false, problems: [optionInvalid([flag], { what: "Cannot use this option", why, fix })] };
}
