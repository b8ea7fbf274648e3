import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { AccessGrant } from "./access-grant.ts";
import type { BodyReader } from "./body-reader.ts";
import type { EngineContext } from "./context.ts";
import type { ForwardDecision } from "./decide-request.ts";
import { choiceFor } from "./choice-for.ts";
import { type NoSecurity, securityOf } from "./endpoint-security.ts";
import type { ExchangeRequest } from "./exchange.ts";
import type { ReceivedRequest } from "./request-head.ts";
import type { MadeIds } from "./request-record.ts";
import { wantsUpgrade } from "./upgrade.ts";

/** What the exchange of a request begins with; or why its endpoints cannot be spoken to as its rule says. */
export function exchangeRequest(
  decision: ForwardDecision,
  { bytes, head }: ReceivedRequest,
  of: {
    readonly context: EngineContext;
    readonly connection: Connection;
    readonly clientLines: Buffer;
    readonly body: BodyReader;
    /** Of its connection. */
    readonly isFirst: boolean;
    readonly grant: AccessGrant | undefined;
    readonly ids: MadeIds;
    readonly edit: ResponseEdit | undefined;
  },
): ExchangeRequest | NoSecurity {
  const { context, connection, clientLines, body, isFirst, grant, ids, edit } = of;
  const secure = securityOf(decision, connection.isSecure, context.endpointSecurity);
  if (typeof secure === "string") return secure;
  return {
    bytes,
    head,
    body,
    isFirst,
    backend: decision.backend,
    patience: decision.rule.filters.patience,
    answerRate: decision.rule.filters.answerRate,
    secure,
    choice: choiceFor(decision, { bytes, head }, context, connection),
    rewrittenPath: decision.rewrittenPath,
    fields: decision.rule.filters.requestFields,
    backendHost: decision.backend.host,
    clientLines,
    isSecure: connection.isSecure,
    headerNames: context.headerNames,
    ids,
    grant,
    edit,
    wantsUpgrade: wantsUpgrade(bytes, head),
  };
}
