import type { AnswerRate } from "#src/filters/answer-rate.ts";
import type { EndpointPatience } from "#src/filters/endpoint-patience.ts";
import type { FieldRewrites } from "#src/filters/field-rewrites.ts";
import type { MirrorPolicy } from "#src/filters/mirror-policy.ts";
import type { ResponseEdit } from "#src/filters/response-edit.ts";
import type { ClientIdentity } from "#src/filters/client-certificate.ts";
import { hostOf } from "#src/routing/host.ts";
import type { Backend } from "#src/routing/route-table.ts";
import { AnswerCompression } from "./answer-compression.ts";
import type { AccessGrant } from "./access-grant.ts";
import { certificateGrant } from "./certificate-grant.ts";
import type { EngineContext } from "./context.ts";
import type { ForwardDecision } from "./decide-request.ts";
import type { TiedClient } from "./client-tie.ts";
import type { EndpointLink } from "./endpoint-link.ts";
import { choiceFor } from "./endpoints/choice-for.ts";
import type { EndpointChoice } from "./endpoints/endpoint-choice.ts";
import { type NoSecurity, securityOf, speaksHttp2 } from "./endpoints/endpoint-security.ts";
import { grpcTimeoutMs } from "./grpc/grpc-timeout-ms.ts";
import { isGrpc } from "./grpc/is-grpc.ts";
import { type ErrorPageRequest, errorPageRequest } from "./error-page-request.ts";
import { fieldValues } from "./field-values.ts";
import type { RequestClient } from "./filtered-request.ts";
import { type ClientLines, type ForwardedRequest, keptRequestId } from "./h1/forwarded-request.ts";
import { QuestionedHead } from "./questioned-head.ts";
import { methodIs, type ReceivedRequest } from "./request-head.ts";
import { makeRequestId } from "./request-id.ts";
import type { RequestBody } from "./request-body.ts";
import type { MadeIds } from "./request-record.ts";
import { hostText } from "./request-route.ts";
import { wantsUpgrade } from "./h1/upgrade.ts";
import { withRequestHeaders } from "./with-request-headers.ts";

/** What holds for a request that is forwarded, for as long as it is: longer than its bytes are there. */
export interface ForwardingTerms extends EndpointLink {
  readonly backend: Backend;
  /** Where the rule asks for more than turns. */
  readonly choice: EndpointChoice | undefined;
  /** Where the rule says other than the program's options. */
  readonly patience: EndpointPatience | undefined;
  /** Where the rule says how fast the answer is sent. */
  readonly answerRate: AnswerRate | undefined;
  /** What its rule does to the head of the answer. */
  readonly edit: ResponseEdit | undefined;
  /** HTTP/2 is spoken to endpoints. */
  readonly isHttp2: boolean;
  /** Where the rule has another Service answer in place of errors. */
  readonly errorPage: ErrorPageRequest | undefined;
  /** Where the answer may be compressed. */
  readonly compression: AnswerCompression | undefined;
  /** What goes with a request that was let in. */
  readonly grant: AccessGrant | undefined;
  /** Pass on the wish to change the protocol. */
  readonly wantsUpgrade: boolean;
  /** What the client gives the request, of gRPC; undefined: no bound of its own. */
  readonly timeoutMs: number | undefined;
  /** Follows the request's body; shared with the client's side, which advances it. */
  readonly body: RequestBody;
}

/** What the forwarding of a request begins with. */
export interface ForwardingStart {
  /** Good for as long as the request's head is. */
  readonly request: ForwardedRequest;
  readonly terms: ForwardingTerms;
  /** Of its client's connection. */
  readonly isFirst: boolean;
}

/** What the forwarding of a request begins with; or why its endpoints cannot be spoken to as its rule says. */
export function forwardingStart(
  decision: ForwardDecision,
  received: ReceivedRequest,
  {
    from: { context, connection, carrier, clientLines },
    how,
  }: {
    readonly from: {
      readonly context: EngineContext;
      readonly connection: RequestClient;
      /** The connection itself, whatever a request on it says of its client. */
      readonly carrier: TiedClient;
      readonly clientLines: ClientLines;
    };
    readonly how: {
      readonly body: RequestBody;
      /** Of its connection. */
      readonly isFirst: boolean;
      readonly grant: AccessGrant | undefined;
      readonly ids: MadeIds;
      readonly edit: ResponseEdit | undefined;
    };
  },
): ForwardingStart | NoSecurity {
  const { bytes, head } = received;
  const { body, isFirst, grant, edit } = how;
  const secure = securityOf(decision, connection.isSecure, context.endpointSecurity);
  if (typeof secure === "string") return secure;
  const { clientCertificates, mirror, errorPages, transport } = decision.rule.filters;
  const proxyProtocol = transport?.proxyProtocol;
  const ids = errorPages === undefined ? how.ids : withRequestId(how.ids, head);
  if (mirror !== undefined) startCopy(decision, mirror, received, { context, connection, body });
  const { compressors, requestHeaders } = context;
  const fields = decision.rule.filters.requestFields;
  const ofClient =
    clientCertificates === undefined
      ? grant
      : certificateGrant(clientCertificates, identityOf(connection, bytes, head), grant);
  const mayCompress = !compressors.isOff && head.minorVersion === 1 && !methodIs(bytes, head, "HEAD");
  const toEndpoint =
    requestHeaders === undefined
      ? ofClient
      : withRequestHeaders(requestHeaders, questioned(decision, received, connection), {
          grant: ofClient,
          rule: fields,
        });
  const isHttp2 = speaksHttp2(decision);
  // HTTP/2 changes no protocol on a connection that requests share.
  const upgrades = !isHttp2 && wantsUpgrade(bytes, head);
  return {
    isFirst,
    request: {
      bytes,
      head,
      rewrittenPath: decision.rewrittenPath,
      fields,
      backendHost: decision.backend.host,
      clientLines,
      headerNames: context.headerNames,
      ids,
      grant: toEndpoint,
      wantsUpgrade: upgrades,
    },
    terms: {
      body,
      backend: decision.backend,
      patience: decision.rule.filters.patience,
      answerRate: decision.rule.filters.answerRate,
      secure,
      tie: proxyProtocol && context.ties.of(carrier, proxyProtocol),
      isHttp2,
      errorPage: errorPageRequest(decision.rule, received, { context, connection, ids, grant }),
      choice: choiceFor(decision, { bytes, head }, context, connection),
      grant: toEndpoint,
      edit:
        edit?.rewrites?.hasVariables === true
          ? forRequest(edit, edit.rewrites, questioned(decision, received, connection))
          : edit,
      compression: mayCompress
        ? new AnswerCompression(compressors, compressors.accepted(fieldValues(bytes, head, "accept-encoding")))
        : undefined,
      wantsUpgrade: upgrades,
      timeoutMs: isHttp2 && isGrpc(bytes, head) ? grpcTimeoutMs(bytes, head) : undefined,
    },
  };
}

/** The head of a request that is forwarded, as those see it who look at what it says. */
function questioned(
  { path, backend }: ForwardDecision,
  { bytes, head }: ReceivedRequest,
  client: RequestClient,
): QuestionedHead {
  return new QuestionedHead(bytes, head, { client, path, backendHost: backend.host });
}

/** The edit of the answer with what it is to say of the request, whose head is another one's by then. */
function forRequest(edit: ResponseEdit, rewrites: FieldRewrites, request: QuestionedHead): ResponseEdit {
  return { ...edit, rewrites: { ...rewrites, request: request.kept() } };
}

/** With the id that an endpoint gets and then another Service that answers in place of it. */
function withRequestId(ids: MadeIds, head: ReceivedRequest["head"]): MadeIds {
  if (ids.requestId !== undefined || keptRequestId(head) !== -1) return ids;
  return { ...ids, requestId: makeRequestId() };
}

/** Whom a request is from that came in by what its connection has shown. */
function identityOf(
  connection: RequestClient,
  bytes: ReceivedRequest["bytes"],
  head: ReceivedRequest["head"],
): ClientIdentity | undefined {
  const host = hostOf(hostText(bytes, head));
  return host === undefined ? undefined : connection.identityFor?.(host);
}

/** Begins a copy of a request, of which this has come; the reader of its body gives it the rest. */
function startCopy(
  decision: ForwardDecision,
  policy: MirrorPolicy,
  received: ReceivedRequest,
  of: { readonly connection: RequestClient; readonly context: EngineContext; readonly body: RequestBody },
): void {
  const { connection, context, body } = of;
  const { bytes, head, bodyStart, bodyEnd } = received;
  const request = questioned(decision, received, connection).shown();
  const length = head.contentLength > 0 ? `Content-Length: ${head.contentLength}` : undefined;
  const framing = head.isChunked ? "Transfer-Encoding: chunked" : length;
  const copy = context.mirror.begin(policy, { request, framing });
  copy?.add(bytes, bodyStart, bodyEnd);
  if (body.isDone) copy?.end();
  else body.copy = copy;
}
