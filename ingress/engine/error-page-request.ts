import { sameHeaderName } from "#src/auth/same-header-name.ts";
import { NO_FILTERS } from "#src/filters/rule-filters.ts";
import type { Backend, RouteTable } from "#src/routing/route-table.ts";
import type { Rule } from "#src/routing/rule.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { AccessGrant } from "./access-grant.ts";
import type { EngineContext } from "./context.ts";
import { securityOf, speaksHttp2 } from "./endpoints/endpoint-security.ts";
import type { RequestClient } from "./filtered-request.ts";
import type { ForwardingStart } from "./forwarding-start.ts";
import { clientLines } from "./h1/forwarded-request.ts";
import { HeaderField } from "./header-field.ts";
import { readRequestHead } from "./h1/read-request-head.ts";
import { methodIs, type ReceivedRequest } from "./request-head.ts";
import { emptyBody } from "./request-body.ts";
import type { MadeIds } from "./request-record.ts";
import { targetText } from "./request-route.ts";
import { responseEditFor } from "./response-edit-for.ts";

/** What another Service is asked in place of an error. */
export interface ErrorPageRequest {
  /** Also in place of errors that endpoints answer with. */
  readonly intercepts: boolean;
  /** The request, where the rule has that Service answer in place of this status, and it has an endpoint. */
  ask(status: number): ForwardingStart | undefined;
}

/** Of the client's fields: what is about its body, and what only ours may say. */
const DROPPED: ReadonlySet<HeaderField> = new Set([
  HeaderField.ContentLength,
  HeaderField.TransferEncoding,
  HeaderField.Expect,
  HeaderField.Upgrade,
]);
const OURS: ReadonlySet<string> = new Set([
  "x-code",
  "x-format",
  "x-namespace",
  "x-ingress-name",
  "x-service-name",
  "x-service-port",
]);

/** Keeps what is needed of a request for the answer of another Service in place of an error; undefined where the rule has none. */
export function errorPageRequest(
  rule: Rule,
  { bytes, head }: ReceivedRequest,
  of: {
    readonly context: EngineContext;
    readonly connection: RequestClient;
    readonly ids: MadeIds;
    readonly grant?: AccessGrant | undefined;
  },
): ErrorPageRequest | undefined {
  const { action } = rule;
  const { errorPages: pages } = rule.filters;
  if (pages === undefined || action.kind !== "forward") return undefined;
  const { context, connection, ids, grant } = of;
  const authority = bytes.toString("latin1", head.authorityStart, head.authorityEnd);
  const target = authority === "" ? "/" : `http://${authority}/`;
  const line = `${methodIs(bytes, head, "HEAD") ? "HEAD" : "GET"} ${target} HTTP/1.${head.minorVersion}\r\n`;
  const { kept, accept } = keptFields(bytes, head);
  const original = targetText(bytes, head);
  return {
    intercepts: pages.intercepts,
    ask: (status) => {
      const backend = pages.statuses.has(status) ? pageBackend(action.fallback, context.routes) : undefined;
      if (backend === undefined) return undefined;
      const withoutFilters = { rule: { ...rule, filters: NO_FILTERS }, backend };
      const secure = securityOf(withoutFilters, connection.isSecure, context.endpointSecurity);
      if (typeof secure === "string") return undefined;
      const request = Buffer.from(`${line}${kept}\r\n`, "latin1");
      const { requestHead } = context;
      // It is no longer than the client's, and has no body.
      if (readRequestHead(request, 0, request.length, requestHead) !== request.length) return undefined;
      const format = accept === "" ? "" : `X-Format: ${accept}\r\n`;
      const lines = `X-Code: ${status}\r\n${format}X-Original-URI: ${original}\r\n${pages.lines}`;
      const edit = responseEditFor(withoutFilters.rule, { bytes: request, head: requestHead }, context, connection);
      return {
        isFirst: true,
        request: {
          bytes: request,
          head: requestHead,
          rewrittenPath: undefined,
          fields: { hostLine: undefined, lines: Buffer.from(lines, "latin1"), removes: new Set() },
          backendHost: backend.host,
          clientLines: clientLines(connection),
          headerNames: context.headerNames,
          ids,
          grant,
          wantsUpgrade: false,
        },
        terms: {
          body: emptyBody(),
          backend,
          secure,
          tie: undefined,
          isHttp2: speaksHttp2(withoutFilters),
          grant,
          edit,
          ...WITHOUT_RULE,
        },
      };
    },
  };
}

/** What a rule says of its own endpoints does not hold for those of the other Service. */
const WITHOUT_RULE = {
  patience: NO_FILTERS.patience,
  answerRate: undefined,
  errorPage: undefined,
  choice: undefined,
  compression: undefined,
  wantsUpgrade: false,
  timeoutMs: undefined,
};

/** The lines that go to the other Service too, and what the client accepts. */
function keptFields(
  bytes: Buffer,
  { lines }: ReceivedRequest["head"],
): { readonly kept: string; readonly accept: string } {
  let kept = "";
  let accept = "";
  for (let index = 0; index < lines.count; index++) {
    if (DROPPED.has(lines.field[index] as HeaderField)) continue;
    const name = sameHeaderName(bytes.toString("latin1", lines.nameStart[index], lines.nameEnd[index]));
    if (OURS.has(name)) continue;
    if (name === "accept" && accept === "")
      accept = bytes.toString("latin1", lines.valueStart[index], lines.valueEnd[index]);
    kept += bytes.toString("latin1", lines.nameStart[index], lines.nameStart[index + 1]);
  }
  return { kept, accept };
}

/**
 * The Service of the rule for this, else the one for what no rule matches; undefined where none has an endpoint, and where policies restrict who
 * gets to the latter: of the request that had the error nothing of that was asked.
 */
function pageBackend(ofRule: string | undefined, { fallback, backends }: RouteTable): Backend | undefined {
  const isOpen = fallback?.action.kind === "forward" && !fallback.isRestricted;
  const key = ofRule ?? (isOpen ? fallback.action.backend : undefined);
  const backend = key === undefined ? undefined : getSharded(backends, key);
  return backend === undefined || backend.endpoints.length === 0 ? undefined : backend;
}
