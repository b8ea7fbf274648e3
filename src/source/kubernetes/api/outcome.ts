import { parseJson } from "#src/model/parse-json.ts";
import { isRecord } from "#src/model/record.ts";

/** What the API server said to a request. */
export type Outcome =
  | { readonly kind: "ok"; readonly body: unknown }
  /** 404 missing; 409 conflict; 410 expired: the resourceVersion or the page is too old; 401, 403 refused. */
  | { readonly kind: "missing" | "conflict" | "expired" | "refused"; readonly status: number; readonly message: string }
  /** 429, or any answer with Retry-After: the server asks for patience. */
  | { readonly kind: "busy"; readonly status: number; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: "failed"; readonly status: number; readonly message: string };

/** An answer that is not a success. */
export type FailedOutcome = Exclude<Outcome, { readonly kind: "ok" }>;

/** What is waited where the server says "later" but not when. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** No server's wish is honoured beyond this. */
const MAX_RETRY_AFTER_MS = 60_000;
/** Of a server's message, what goes into logs. */
const MAX_MESSAGE_LENGTH = 300;

/** Reads an answer: its HTTP status, the header Retry-After (in seconds) and the body. */
export function outcomeOf(status: number, retryAfter: string | undefined, body: string): Outcome {
  const json = parseJson(body);
  if (status >= 200 && status < 300) {
    if (json !== undefined) return { kind: "ok", body: json };
    return { kind: "failed", status, message: "the answer is not JSON" };
  }
  const message = messageOf(json, body);
  if (status === 429 || retryAfter !== undefined)
    return { kind: "busy", status, message, retryAfterMs: retryAfterMs(retryAfter) };
  const kind = ({ 401: "refused", 403: "refused", 404: "missing", 409: "conflict", 410: "expired" } as const)[status];
  return { kind: kind ?? "failed", status, message };
}

/** The error that a failed effect rejects with: `code` is `HTTP_403`, `status` the number. */
export function errorOfOutcome(syscall: string, { status, message }: FailedOutcome): NodeJS.ErrnoException {
  return Object.assign(new Error(`${syscall}: ${status} ${message}`), { code: `HTTP_${status}`, syscall });
}

/** The `message` of a Status object (metav1.Status); else the body as it is. */
function messageOf(json: unknown, body: string): string {
  const message = isRecord(json) && typeof json["message"] === "string" ? json["message"] : body;
  return message.slice(0, MAX_MESSAGE_LENGTH).trim();
}

function retryAfterMs(text: string | undefined): number {
  const seconds = text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
  return Math.min(seconds === undefined ? DEFAULT_RETRY_AFTER_MS : seconds * 1_000, MAX_RETRY_AFTER_MS);
}
