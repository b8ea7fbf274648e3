import type { BasicAuth } from "#src/auth/basic-auth.ts";
import type { ClosedReason } from "#src/model/closed-reason.ts";
import type { Rewrite } from "#src/model/annotations/rewrite-target.ts";
import type { Canary } from "./canary.ts";
import { fillTemplate } from "#src/model/template.ts";
import { getSharded, shardedEntries } from "./sharded-map.ts";
import { printEndpoint } from "./print-endpoint.ts";
import type { HostRoutes, RouteTable } from "./route-table.ts";
import type { Rule, RuleAction, RuleOrigin } from "./rule.ts";

/** One rule of the table, for people and tools to read. */
interface ListedRoute {
  /** As in the rule; `*` for the catch-all. */
  readonly host: string;
  /** Further names of the host, at most 100. */
  readonly aliases?: readonly string[];
  readonly path: string;
  readonly pathType: RuleOrigin["pathType"];
  /** `namespace/name`. */
  readonly ingress: string;
  /** `namespace/name:port`, the port as the Ingress names it; undefined where the rule is closed, or redirects. */
  readonly service?: string;
  /** The canary that gets a part of the requests. */
  readonly canary?: ListedCanary;
  /** Why requests are answered 503 without any Service. */
  readonly closed?: ClosedReason;
  /** Status and location, with the names of what requests bring to it. */
  readonly redirect?: string;
  /** The status that all requests are answered with, where a snippet says so. */
  readonly answer?: number;
  readonly rewrite?: Rewrite;
  /** How clients show who they are. */
  readonly auth?: ListedAuth;
  readonly tls: boolean;
  /** `address:port`; undefined where there is no such Service or port. */
  readonly endpoints?: readonly string[];
}

/** A canary as people and tools read it. */
interface ListedCanary {
  /** `namespace/name`. */
  readonly ingress: string;
  readonly service: string;
  readonly header?: { readonly name: string; readonly value?: string };
  readonly cookie?: string;
  /** Of `total` requests so many, where neither header nor cookie decides. */
  readonly weight: number;
  readonly total: number;
  readonly endpoints?: readonly string[];
}

interface ListedAuth {
  /** `namespace/name` of the Secret with names and passwords. */
  readonly secret?: string;
  /** Why requests are answered 503: the Secret is missing, or cannot be read. */
  readonly closed?: "closed-secret";
  /** The service that is asked; `$host` is the host of the request. */
  readonly service?: string;
  readonly satisfy?: "any";
}

/** The rules of a table by host and path, at most `limit` of them, and how many there are. `knows`: a Secret with passwords can be read. */
export function listRoutes(
  table: RouteTable,
  limit: number,
  knows: (basic: BasicAuth) => boolean = () => true,
): { readonly routes: readonly ListedRoute[]; readonly total: number } {
  const routes: ListedRoute[] = [];
  const aliases = aliasesByHost(table);
  let total = 0;
  for (const [host, hostRoutes] of [...shardedEntries(table.hosts)].sort(([left], [right]) =>
    left < right ? -1 : 1,
  )) {
    for (const rule of rulesOf(hostRoutes)) {
      total += 1;
      if (total > limit) continue;
      const { host: shown, ...rest } = listed(table, host, rule, hostRoutes.hasTls);
      const further = aliases.get(host);
      routes.push({ host: shown, ...(further && { aliases: further }), ...rest, ...listedAuth(rule, knows) });
    }
  }
  return { routes, total };
}

const MAX_ALIASES = 100;

/** The further names of each host that has some, at most 100; expressions with `~` before them. */
export function aliasesByHost({ aliases, aliasPatterns }: RouteTable): ReadonlyMap<string, readonly string[]> {
  const all = [
    ...shardedEntries(aliases),
    ...aliasPatterns.map(({ text, host }) => [text, host] as const),
  ] satisfies (readonly [string, string])[];
  const byHost = Map.groupBy(all, ([, host]) => host);
  return new Map(
    [...byHost].map(([host, entries]) => [
      host,
      entries
        .map(([alias]) => alias)
        .sort((left, right) => (left < right ? -1 : 1))
        .slice(0, MAX_ALIASES),
    ]),
  );
}

/** The rules of a host, in the order in which they are compared with a path. */
export function rulesOf({ exact, prefixes, patterns, closedPatterns, fallback, guards }: HostRoutes): readonly Rule[] {
  return [
    ...exact.values(),
    ...prefixes.map(({ rule }) => rule),
    ...patterns.flatMap(({ routes }) => routes.map(({ rule }) => rule)),
    ...closedPatterns.map(({ rule }) => rule),
    ...guards.all.map(({ rule }) => rule),
    ...(fallback === undefined ? [] : [fallback]),
  ];
}

function doneBy(action: RuleAction): Pick<ListedRoute, "service" | "closed" | "redirect" | "answer"> {
  if (action.kind === "forward") return { service: action.backend };
  if (action.kind === "closed") return { closed: action.reason };
  if (action.kind === "respond") return { answer: action.status };
  return { redirect: `${action.status} ${fillTemplate(action.location, (variable) => `$${variable}`)}` };
}

function listedAuth({ filters: { auth } }: Rule, knows: (basic: BasicAuth) => boolean): Pick<ListedRoute, "auth"> {
  if (auth?.basic === undefined && auth?.external === undefined) return {};
  const { basic, external, satisfy } = auth;
  const url = external?.url;
  return {
    auth: {
      ...(basic && { secret: basic.secret }),
      ...(basic && !knows(basic) && { closed: "closed-secret" }),
      ...(url && { service: `${url.scheme}://${printEndpoint({ address: url.host ?? "$host", port: url.port })}` }),
      ...(satisfy === "any" && { satisfy }),
    },
  };
}

function listed(table: RouteTable, host: string, { origin, filters, action }: Rule, hasTls: boolean): ListedRoute {
  const endpoints = action.kind === "forward" ? endpointsOf(table, action.backend) : undefined;
  return {
    host: host === "" ? "*" : host,
    path: origin.path,
    pathType: origin.pathType,
    ingress: origin.object,
    ...doneBy(action),
    ...(action.kind === "forward" && action.canary && { canary: listedCanary(table, action.canary) }),
    ...(filters.rewrite && { rewrite: { kind: filters.rewrite.kind, target: filters.rewrite.target } }),
    tls: hasTls,
    ...(endpoints && { endpoints }),
  };
}

function listedCanary(table: RouteTable, canary: Canary): ListedCanary {
  const { object, backend, byHeader, byCookie, weight, total } = canary;
  const endpoints = endpointsOf(table, backend);
  return {
    ingress: object,
    service: backend,
    ...(byHeader && {
      header: {
        name: byHeader.name,
        ...(byHeader.value !== undefined && { value: byHeader.value }),
        ...(byHeader.pattern !== undefined && { pattern: byHeader.pattern.text }),
      },
    }),
    ...(byCookie !== undefined && { cookie: byCookie }),
    weight,
    total,
    ...(endpoints && { endpoints }),
  };
}

function endpointsOf(table: RouteTable, backend: string): readonly string[] | undefined {
  return getSharded(table.backends, backend)?.endpoints.map(printEndpoint);
}
