import type { ListedOrigins } from "#src/model/annotations/cors-origins.ts";
import { listed } from "#src/model/listed.ts";
import { printNetworkSet } from "#src/model/network-set.ts";
import type { KeyedLimit } from "#src/filters/keyed-limit.ts";
import type { RateLimit } from "#src/filters/leaky-bucket.ts";
import { NO_FILTERS, type RuleFilters } from "#src/filters/rule-filters.ts";
import type { SourceNetworks } from "#src/filters/source-networks.ts";
import type { Balancing } from "#src/routing/balancing.ts";
import type { ForwardAction } from "#src/routing/rule.ts";
import type { Replacement } from "#src/model/annotations/parse-replacement.ts";
import type { HashPart } from "#src/model/annotations/upstream-hash-by.ts";

/** A setting of a rule, for people. */
export interface SettingView {
  /** The word of the closed set that docs/routes.md lists. */
  readonly setting: string;
  readonly value: string;
}

type FilterName = keyof RuleFilters;

type Printers = { readonly [N in FilterName]?: (value: NonNullable<RuleFilters[N]>) => readonly SettingView[] };

/** What each filter of rules says, in the order in which requests meet them; of one that is not here only that it is set. */
const PRINTERS: Printers = {
  cors: ({ origins }) => [{ setting: "cors", value: origins === "any" ? "any origin" : printOrigins(origins) }],
  bodyBytes: (bytes) => [{ setting: "body", value: bytes === 0 ? "any size" : `at most ${bytes} bytes` }],
  httpsRedirect: (policy) => {
    const { when, status } = typeof policy === "string" ? { when: policy, status: 308 } : policy;
    return [{ setting: "https-redirect", value: when === "always" ? `${status}` : `${status} with --ssl-redirect` }];
  },
  clientLimits: ({ rates, connections, exempt }) => [
    ...viewSetting("limit-rps", rates?.perSecond, printRate),
    ...viewSetting("limit-rpm", rates?.perMinute, printRate),
    ...viewSetting("limit-connections", connections),
    ...viewSetting("limit-allowlist", exempt, printNetworkSet),
  ],
  rateLimits: ({ limits }) => limits.map(viewRateLimit),
  sources: printSources,
  snippetSources: printSources,
  clientCertificates: ({ secret, mode, subject }) => [
    { setting: "auth-tls-secret", value: `${secret}, ${mode}` },
    ...viewSetting("auth-tls-match-cn", subject?.text),
  ],
  auth: ({ basic, external, jwt, oidc, satisfy, sources, limits }) => [
    ...viewSetting(
      "jwt",
      jwt,
      ({ key, providers }) =>
        `${key}, ${listed(
          providers.map(({ issuer }) => issuer),
          ISSUERS_SHOWN,
        )}`,
    ),
    ...viewSetting("oidc", oidc, ({ key, issuer }) => `${key}, ${issuer}`),
    ...viewSetting("auth-secret", basic?.secret),
    ...viewSetting("auth-url", external?.url, ({ scheme, host, port }) => `${scheme}://${host ?? "$host"}:${port}`),
    ...viewSetting("auth-proxy-set-headers", external?.setHeaders),
    ...(satisfy === "any" ? [{ setting: "satisfy", value: satisfy }] : []),
    ...(sources === undefined ? [] : printSources(sources)),
    ...(limits === undefined ? [] : [...limits.shared, ...limits.byClaims].map(viewRateLimit)),
  ],
  mirror: ({ host, sendsBody }) => [{ setting: "mirror", value: `to ${host}${sendsBody ? "" : ", without bodies"}` }],
  rewrite: ({ kind, target }) => [
    { setting: "rewrite", value: kind === "replacePrefix" ? `prefix by ${target}` : target },
  ],
  requestFields: ({ hostLine, lines }) =>
    [hostLine?.toString("latin1") ?? "", lines.toString("latin1")]
      .flatMap((text) => text.split("\r\n"))
      .filter((line) => line !== "")
      .map((value) => ({ setting: "request-field", value })),
  patience: ({ connectMs, sendMs, readMs, tries }) => [
    ...viewSetting("connect-timeout", connectMs, printMs),
    ...viewSetting("send-timeout", sendMs, printMs),
    ...viewSetting("read-timeout", readMs, printMs),
    ...viewSetting("tries", tries, (count) => (count === Infinity ? "all endpoints" : String(count))),
  ],
  rewrites: ({ cookieDomain, cookiePath, location }) => [
    ...viewSetting("cookie-domain", cookieDomain, printReplacement),
    ...viewSetting("cookie-path", cookiePath, printReplacement),
    ...viewSetting("redirect", location, printReplacement),
  ],
  setHeaders: (configMap) => [{ setting: "custom-headers", value: configMap }],
  responseEdit: ({ removes, lines, linesWithoutError = "" }) => {
    const added = `${lines}${linesWithoutError}`.split("\r\n").filter((line) => line !== "");
    const names = new Set(added.map((line) => line.slice(0, line.indexOf(":")).toLowerCase()));
    const removed = [...removes].filter((name) => !names.has(name));
    return [
      ...added.map((value) => ({ setting: "answer-field", value })),
      ...removed.map((value) => ({ setting: "removed-answer-field", value })),
    ];
  },
  transport: ({ scheme, tls, proxyProtocol }) => [
    ...viewSetting("backend-protocol", scheme),
    ...viewSetting("proxy-ssl-secret", tls.secret),
    ...(tls.verifies ? [{ setting: "proxy-ssl-verify", value: "on" }] : []),
    ...viewSetting("proxy-protocol", proxyProtocol, (version) => `v${version}`),
  ],
  errorPages: ({ statuses }) => [
    { setting: "custom-http-errors", value: listed([...statuses].map(String), STATUSES_SHOWN) },
  ],
  answerRate: ({ bytesPerSecond, uncountedBytes }) => [
    { setting: "limit-rate", value: `${bytesPerSecond} bytes/s after ${uncountedBytes} bytes` },
  ],
};

/** The filters, in the order in which requests meet them. */
export const FILTER_NAMES: readonly FilterName[] = [
  ...new Set([...Object.keys(PRINTERS), ...Object.keys(NO_FILTERS)] as readonly FilterName[]),
];

/** What the filters of a rule do, in the order in which requests meet them. */
export function filterSettings(filters: RuleFilters): readonly SettingView[] {
  return FILTER_NAMES.flatMap((name) => settingsOfFilter(filters, name));
}

/** What one filter of a rule does; nothing where the rule does not have it. */
export function settingsOfFilter(filters: RuleFilters, name: FilterName): readonly SettingView[] {
  const value = filters[name];
  const print = PRINTERS[name] as ((value: unknown) => readonly SettingView[]) | undefined;
  if (value === undefined) return [];
  return print === undefined ? [{ setting: name, value: "set" }] : print(value);
}

/** How endpoints are chosen, and what has requests while there is none; nothing where they are in turns. */
export function forwardSettings({ balancing, fallback }: ForwardAction): readonly SettingView[] {
  return [...balancingSettings(balancing), ...viewSetting("default-backend", fallback?.replace(/:$/, ""))];
}

/** How endpoints are chosen; nothing where they are in turns. */
export function balancingSettings(balancing: Balancing | undefined): readonly SettingView[] {
  if (balancing === undefined) return [];
  const { policy, hashBy, affinity } = balancing;
  return [
    ...viewSetting("affinity", affinity, ({ cookie, mode }) => `cookie ${cookie.name}, ${mode}`),
    ...viewSetting("hash-by", hashBy?.parts.map(printHashPart).join("")),
    ...(policy === "round-robin" ? [] : [{ setting: "load-balance", value: policy }]),
  ];
}

/** Settings on one line; empty where there are none. */
export function printSettings(settings: readonly SettingView[]): string {
  return settings.map(({ setting, value }) => `${setting} ${value}`).join("; ");
}

function printSources({ allowed, denied }: SourceNetworks): readonly SettingView[] {
  return [...viewSetting("denied", denied, printNetworkSet), ...viewSetting("allowed", allowed, printNetworkSet)];
}

/** One setting; none where it has no value. */
function viewSetting<Value>(
  setting: string,
  value: Value | undefined,
  print: (value: Value) => string = String,
): readonly SettingView[] {
  return value === undefined ? [] : [{ setting, value: print(value) }];
}

/** Statuses that a value names. */
const STATUSES_SHOWN = 6;

/** Issuers that a value names. */
const ISSUERS_SHOWN = 3;

/** Origins that a value names. */
const ORIGINS_SHOWN = 6;

function printOrigins({ exact, wildcards }: ListedOrigins): string {
  return listed([...exact, ...wildcards.map(({ before, after }) => `${before}*${after}`)], ORIGINS_SHOWN);
}

function printRate({ rate, burst }: RateLimit): string {
  return `${rate / 1_000}/s, ${burst + 1} at once`;
}

function viewRateLimit({ policy }: KeyedLimit): SettingView {
  const { requests, per, burst, key, isShared } = policy;
  const parts = key.map((part) => ("name" in part ? `${part.type} ${part.name}` : part.type));
  const by = parts.length === 0 ? "all together" : `for each ${parts.join(" and ")}`;
  return {
    setting: "rate-limit",
    value: `${requests} per ${per}, ${burst} at once, ${by}${isShared ? ", with all replicas" : ""}`,
  };
}

function printReplacement({ source, target }: Replacement): string {
  return `${source.written} to ${target.written}`;
}

function printMs(ms: number): string {
  return `${ms / 1_000} s`;
}

const FAMILIES = { header: "http", cookie: "cookie", argument: "arg" } as const;

function printHashPart(part: HashPart): string {
  if (part.kind === "text") return part.text;
  if (part.kind === "variable") return `$${part.name}`;
  return `$${FAMILIES[part.kind]}_${part.name.replaceAll("-", "_")}`;
}
