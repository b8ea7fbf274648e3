import { parseTime } from "#src/model/annotations/parse-time.ts";
import { complain, quote } from "#src/model/field.ts";
import type { KeyField } from "./key-field.ts";
import type { NginxSetting } from "./nginx-setting.ts";

/** Times, in milliseconds, and counts of connections; what is undefined is as the options say. */
export interface ConnectionSettings {
  readonly headMs: number | undefined;
  readonly bodyGapMs: number | undefined;
  /** 0: each request of a client has a connection of its own. */
  readonly keepAliveMs: number | undefined;
  readonly requests: number | undefined;
  readonly endpointIdleMs: number | undefined;
  readonly endpointMs: number | undefined;
  readonly endpointRequests: number | undefined;
  /** 0: none is kept. */
  readonly idlePerEndpoint: number | undefined;
}

/** A key that says one of them. */
interface ConnectionKey {
  readonly key: string;
  /** The program's options for the same: where one of them is given it counts. */
  readonly flags: readonly string[];
  readonly kind: "time" | "count";
  readonly least: number;
  readonly most: number;
}

const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;
const MAX_COUNT = 1_000_000_000;

/** By what they say. */
export const CONNECTION_KEYS: Readonly<Record<keyof ConnectionSettings, ConnectionKey>> = {
  headMs: time("client-header-timeout", SECOND_MS, "--head-timeout"),
  bodyGapMs: time("client-body-timeout", SECOND_MS, "--client-body-timeout", "--client-timeout"),
  keepAliveMs: time("keep-alive", 0, "--idle-timeout"),
  requests: count("keep-alive-requests", "--max-requests-per-connection", MAX_COUNT),
  endpointIdleMs: time("upstream-keepalive-timeout", 0, "--endpoint-idle-timeout"),
  endpointMs: { ...time("upstream-keepalive-time", 0, "--max-endpoint-connection-age"), most: 365 * DAY_MS },
  endpointRequests: count("upstream-keepalive-requests", "--max-requests-per-endpoint-connection", MAX_COUNT),
  idlePerEndpoint: count("upstream-keepalive-connections", "--max-idle-per-endpoint", 65_536),
};

/** What is known of these keys. */
export const CONNECTION_NGINX_SETTINGS: readonly NginxSetting[] = Object.values(CONNECTION_KEYS).map(
  ({ key, flags }) => ({ names: [key], read: `Read from there, unless ${flags.join(" or ")} is given` }),
);

/** Reads what these keys say, and complains of what cannot be read: that is ignored. */
export function readConnectionSettings(settings: ReadonlyMap<string, KeyField>): ConnectionSettings {
  const read = (of: ConnectionKey) => readValue(settings.get(of.key), of);
  return {
    headMs: read(CONNECTION_KEYS.headMs),
    bodyGapMs: read(CONNECTION_KEYS.bodyGapMs),
    keepAliveMs: read(CONNECTION_KEYS.keepAliveMs),
    requests: read(CONNECTION_KEYS.requests),
    endpointIdleMs: read(CONNECTION_KEYS.endpointIdleMs),
    endpointMs: read(CONNECTION_KEYS.endpointMs),
    endpointRequests: read(CONNECTION_KEYS.endpointRequests),
    idlePerEndpoint: read(CONNECTION_KEYS.idlePerEndpoint),
  };
}

function time(key: string, least: number, ...flags: readonly string[]): ConnectionKey {
  return { key, flags, kind: "time", least, most: DAY_MS };
}

function count(key: string, flag: string, most: number): ConnectionKey {
  return { key, flags: [flag], kind: "count", least: 0, most };
}

function readValue(field: KeyField | undefined, { flags, kind, least, most }: ConnectionKey): number | undefined {
  if (field === undefined) return undefined;
  const { value } = field;
  const number = kind === "time" ? parseTime(value) : /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  if (number !== undefined && number >= least && number <= most) return number;
  const isTime = kind === "time";
  return complain(field, "NGINX_KEY_INVALID", {
    what: `Ignored this key: what ${flags.join(" or ")} says counts`,
    why: `${quote(value)} is not ${isTime ? "a time" : "a whole number"} from ${isTime ? least / SECOND_MS : least} to ${isTime ? `${most / SECOND_MS} seconds` : most}`,
    fix: isTime ? 'Write seconds such as "60", or a time such as "5m"' : 'Write a number such as "1000"',
    severity: "warning",
  });
}
