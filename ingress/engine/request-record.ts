import type { Canary } from "#src/routing/canary.ts";
import { hostOf } from "#src/routing/host.ts";
import { hostEntryFor } from "#src/routing/route.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { AccessEntry } from "./log/access-log.ts";
import type { Attempts } from "./endpoints/attempt.ts";
import type { EngineContext } from "./context.ts";
import { keptRequestId } from "./h1/forwarded-request.ts";
import type { RequestClient } from "./filtered-request.ts";
import { keepRequest } from "./log/keep-request.ts";
import { type KeptText, KeptTexts } from "./log/kept-texts.ts";
import { methodIs, type RequestHead } from "./request-head.ts";
import { makeRequestId } from "./request-id.ts";
import { hostText } from "./request-route.ts";
import { type RequestSeries, SERIES_METHODS, type SeriesMethod } from "./request-series.ts";
import type { ResponseReason } from "./response-reason.ts";
import { findTraceparent, makeTraceparent, TRACE_ID_BYTES, traceIdStart, traceparentBuffer } from "./trace-context.ts";

/** What of a request was made here, for the endpoint; as long as the request is not over. */
export interface MadeIds {
  /** The value of X-Request-ID; undefined: the client's, or one that is made when the head is written. */
  readonly requestId: Buffer | undefined;
  /** The value of traceparent in place of the client's; undefined: what came passes. */
  readonly traceparent: Buffer | undefined;
}

const NO_IDS: MadeIds = { requestId: undefined, traceparent: undefined };
const NO_NEEDS: ReadonlySet<KeptText> = new Set();

/** What is counted and logged of the requests of one connection, one after the other. */
export class RequestRecord {
  readonly #context: EngineContext;
  /** Whom the present request is from. */
  #client: Pick<RequestClient, "remoteAddress" | "isSecure">;
  #startedMs = 0;
  #entry: AccessEntry | undefined;
  /** It is not to be logged. */
  #isSkipped = false;
  #kept: KeptTexts | undefined;
  #traceparent: Buffer | undefined;
  #ids = NO_IDS;
  /** Since the last request was answered. */
  #sentBytes = 0;
  #sentHeadBytes = 0;
  #rule: Rule | undefined;
  #canary: Canary | undefined;
  /** For series of ingress-nginx. */
  #method: SeriesMethod = "other";
  #host = "";
  #receivedBytes = 0;

  constructor(context: EngineContext, client: Pick<RequestClient, "remoteAddress" | "isSecure">) {
    this.#context = context;
    this.#client = client;
  }

  /** What was made here of the present request. */
  get ids(): MadeIds {
    return this.#ids;
  }

  /** A request begins, whose head may turn out unreadable. */
  begin(): void {
    this.#startedMs = this.#context.clockMs();
  }

  /** A request begins, whose head was read. Keeps what the access log will say, if there is one: the head is gone when the answer is complete. */
  enter(bytes: Buffer, head: RequestHead, client: Pick<RequestClient, "remoteAddress" | "isSecure">): void {
    this.#client = client;
    const { accessLog, traceContext } = this.#context;
    this.begin();
    if (this.#context.series !== undefined) {
      this.#method = seriesMethod(bytes, head);
      this.#host = hostText(bytes, head);
    }
    if (accessLog === undefined && traceContext === "pass") return;
    const kept = (this.#kept ??= new KeptTexts());
    kept.clear();
    const needs = accessLog?.format.needs ?? NO_NEEDS;
    keepRequest(kept, { bytes, head }, needs);
    this.#ids = {
      requestId: needs.has("requestId") ? this.#keepRequestId(kept, bytes, head) : undefined,
      traceparent: needs.has("traceId") || traceContext === "make" ? this.#keepTrace(kept, bytes, head) : undefined,
    };
    this.#isSkipped = accessLog?.skips(bytes, head.pathStart, head.queryStart) === true;
    if (accessLog !== undefined) this.#entry = this.#newEntry(kept);
  }

  /** The rule that the request matched, and the canary that gets it instead, if one does. */
  enterRule(rule: Rule, canary: Canary | undefined): void {
    const { origin, action, isUnlogged } = rule;
    this.#rule = rule;
    this.#canary = canary;
    if (isUnlogged === true) this.#isSkipped = true;
    if (this.#entry === undefined) return;
    this.#entry.ingress = canary?.object ?? origin.object;
    this.#entry.mainService = action.kind === "forward" ? action.backend : "";
    this.#entry.canaryService = canary?.backend ?? "";
    this.#entry.service = canary?.backend ?? this.#entry.mainService;
  }

  /** `headBytes` of them are the head of an answer. */
  addSentBytes(count: number, headBytes = 0): void {
    this.#sentBytes += count;
    this.#sentHeadBytes += headBytes;
  }

  addReceivedBytes(count: number): void {
    this.#receivedBytes += count;
  }

  /** The request has its answer; `exchange` knows the endpoints that gave or failed it. */
  end(
    status: number,
    exchange: { readonly endpoint: string; readonly attempts: Attempts | undefined } | undefined,
    reason?: ResponseReason,
  ): void {
    const { counters, traffic, series, accessLog, clockMs, wallMs } = this.#context;
    const endedMs = clockMs();
    const durationMs = endedMs - this.#startedMs;
    counters.countRequest(status, durationMs, reason);
    if (this.#rule !== undefined) {
      const [receivedBytes, sentBytes] = [this.#receivedBytes, this.#sentBytes];
      traffic.count(this.#rule.origin.object, { status, durationMs, receivedBytes, sentBytes });
      if (series !== undefined) this.#countSeries(series, this.#rule, { status, durationMs, endedMs, exchange });
    }
    if (accessLog !== undefined && !this.#isSkipped) {
      const entry = this.#entry ?? this.#unreadEntry();
      entry.endpoint = exchange?.endpoint ?? "";
      entry.attempts = exchange?.attempts?.all ?? [];
      const bytes = this.#sentBytes;
      const bodyBytes = bytes - this.#sentHeadBytes;
      const requestBytes = this.#receivedBytes;
      accessLog.add(entry, { status, reason, bytes, bodyBytes, requestBytes, wallMs: wallMs(), durationMs, endedMs });
    }
    this.#entry = undefined;
    this.#rule = this.#canary = undefined;
    this.#isSkipped = false;
    this.#ids = NO_IDS;
    this.#sentBytes = this.#sentHeadBytes = this.#receivedBytes = 0;
  }

  #countSeries(
    series: RequestSeries,
    rule: Rule,
    {
      status,
      durationMs,
      endedMs,
      exchange,
    }: {
      readonly status: number;
      readonly durationMs: number;
      readonly endedMs: number;
      readonly exchange: { readonly attempts: Attempts | undefined } | undefined;
    },
  ): void {
    const { routes } = this.#context;
    const [receivedBytes, sentBytes] = [this.#receivedBytes, this.#sentBytes];
    const last = exchange?.attempts?.all.at(-1);
    const responseMs = last && (last.endedMs === 0 ? endedMs : last.endedMs) - last.beganMs;
    const host = series.hostOf(rule, () => hostEntryFor(routes, hostOf(this.#host) ?? ""));
    const [canary, method] = [this.#canary, this.#method];
    series.count({ rule, canary, host, method, status, durationMs, responseMs, receivedBytes, sentBytes });
  }

  /** Returns the id where it is made here. */
  #keepRequestId(kept: KeptTexts, bytes: Buffer, head: RequestHead): Buffer | undefined {
    const line = keptRequestId(head);
    if (line !== -1) {
      kept.keep("requestId", bytes, head.lines.valueStart[line]!, head.lines.valueEnd[line]!);
      return undefined;
    }
    const made = makeRequestId();
    kept.keep("requestId", made, 0, made.length);
    return made;
  }

  /** Returns the trace context where it is made here. */
  #keepTrace(kept: KeptTexts, bytes: Buffer, head: RequestHead): Buffer | undefined {
    const found = findTraceparent(bytes, head);
    const isMade = found === -1 && this.#context.traceContext === "make";
    if (isMade) makeTraceparent((this.#traceparent ??= traceparentBuffer()));
    const made = isMade ? this.#traceparent : undefined;
    const start = traceIdStart(Math.max(found, 0));
    if (made !== undefined || found !== -1) kept.keep("traceId", made ?? bytes, start, start + TRACE_ID_BYTES);
    return made;
  }

  /** Of a request whose head could not be read. */
  #unreadEntry(): AccessEntry {
    const kept = (this.#kept ??= new KeptTexts());
    kept.clear();
    return this.#newEntry(kept);
  }

  #newEntry(kept: KeptTexts): AccessEntry {
    const { remoteAddress: client, isSecure } = this.#client;
    const names = { ingress: "", service: "", mainService: "", canaryService: "", endpoint: "" };
    return { client, isSecure, kept, ...names, attempts: [] };
  }
}

function seriesMethod(bytes: Buffer, head: RequestHead): SeriesMethod {
  return SERIES_METHODS.find((method) => methodIs(bytes, head, method)) ?? "other";
}
