import type { Rule } from "#src/routing/rule.ts";
import type { EngineContext } from "#ingress/engine/context.ts";
import type { Attempts } from "#ingress/engine/endpoints/attempt.ts";
import { KeptTexts } from "#ingress/engine/log/kept-texts.ts";
import type { ResponseReason } from "#ingress/engine/response-reason.ts";

/** What is known of a connection that was not read, at its end. */
export interface UnreadConnection {
  readonly client: string;
  readonly serverName: string;
  readonly rule: Rule;
  /** `address:port` of the endpoint that was asked last; empty: none was. */
  readonly endpoint: string;
  readonly attempts: Attempts | undefined;
  /** 200 where it was passed on, as in nginx's streams. */
  readonly status: number;
  readonly reason: ResponseReason | undefined;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly durationMs: number;
  /** Monotonic. */
  readonly endedMs: number;
}

/** Writes the line of a connection, where there is a log: as that of a request of which nothing but the host is known. */
export function logUnread(
  { accessLog, wallMs }: Pick<EngineContext, "accessLog" | "wallMs">,
  one: UnreadConnection,
): void {
  const { client, serverName, rule, endpoint, attempts, sentBytes, receivedBytes, ...answer } = one;
  if (accessLog === undefined || rule.isUnlogged === true) return;
  const kept = new KeptTexts();
  const name = Buffer.from(serverName, "latin1");
  kept.clear();
  kept.keep("host", name, 0, name.length);
  const service = rule.action.kind === "forward" ? rule.action.backend : "";
  const names = { ingress: rule.origin.object, service, mainService: service, canaryService: "", endpoint };
  accessLog.add(
    { client, isSecure: true, kept, ...names, attempts: attempts?.all ?? [] },
    { ...answer, bytes: sentBytes, bodyBytes: sentBytes, requestBytes: receivedBytes, wallMs: wallMs() },
  );
}
