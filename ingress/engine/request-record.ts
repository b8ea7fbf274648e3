import type { Canary } from "#src/routing/canary.ts";
import type { Rule } from "#src/routing/rule.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { AccessEntry } from "./access-log.ts";
import type { EngineContext } from "./context.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseReason } from "./response-reason.ts";
import { hostText, targetText } from "./request-route.ts";

/** What is counted and logged of the requests of one connection, one after the other. */
export class RequestRecord {
  readonly #context: EngineContext;
  readonly #connection: Pick<Connection, "remoteAddress" | "isSecure">;
  #startedMs = 0;
  #entry: AccessEntry | undefined;
  /** Since the last request was answered. */
  #sentBytes = 0;

  constructor(context: EngineContext, connection: Pick<Connection, "remoteAddress" | "isSecure">) {
    this.#context = context;
    this.#connection = connection;
  }

  /** A request begins, whose head may turn out unreadable. */
  begin(): void {
    this.#startedMs = this.#context.clockMs();
  }

  /** Keeps what the access log will say, if there is one: the head is gone when the answer is complete. */
  enter(bytes: Buffer, head: RequestHead): void {
    if (this.#context.accessLog === undefined) return;
    const entry = this.#newEntry();
    entry.method = bytes.toString("latin1", head.start, head.methodEnd);
    entry.host = hostText(bytes, head);
    entry.target = targetText(bytes, head);
    this.#entry = entry;
  }

  /** The rule that the request matched, and the canary that gets it instead, if one does. */
  enterRule({ origin, action }: Rule, canary: Canary | undefined): void {
    if (this.#entry === undefined) return;
    this.#entry.ingress = canary?.object ?? origin.object;
    this.#entry.service = canary?.backend ?? (action.kind === "forward" ? action.backend : "");
  }

  addSentBytes(count: number): void {
    this.#sentBytes += count;
  }

  /** The request has its answer; `exchange` knows the endpoint that gave or failed it. */
  end(status: number, exchange: { readonly endpoint: string } | undefined, reason?: ResponseReason): void {
    const { counters, accessLog, clockMs, wallMs } = this.#context;
    const durationMs = clockMs() - this.#startedMs;
    counters.countRequest(status, durationMs, reason);
    if (accessLog === undefined) return;
    const entry = this.#entry ?? this.#newEntry();
    entry.endpoint = exchange?.endpoint ?? "";
    accessLog.add(entry, { status, reason, bytes: this.#sentBytes, wallMs: wallMs(), durationMs });
    this.#entry = undefined;
    this.#sentBytes = 0;
  }

  #newEntry(): AccessEntry {
    const { remoteAddress: client, isSecure } = this.#connection;
    return { client, isSecure, method: "", host: "", target: "", ingress: "", service: "", endpoint: "" };
  }
}
