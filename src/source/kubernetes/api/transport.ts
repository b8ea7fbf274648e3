/** One request on its way to the API server. */
export interface ApiExchange {
  readonly method: string;
  /** With its query, and with the server's own path before it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | undefined;
  /** Cuts the exchange, which then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  onHead?(status: number): void;
  onData(status: number, chunk: Buffer): void;
}

/** How an answer began. */
export interface Head {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** What carries requests to the API server, many at once: one HTTP/2 connection, or some of HTTP/1.1. */
export interface Transport {
  /** Whether it takes further requests; those under way may go on although it does not. */
  readonly isOpen: boolean;
  /** Sends one request and hands on what comes; rejects when it is cut before its end. */
  exchange(exchange: ApiExchange): Promise<Head>;
  /** Cuts all requests at once. */
  close(): void;
}

/** The code of the error of a request that certainly was not carried out, so that it may be sent again. */
export const UNSENT = "EUNSENT";

/** The code of the error of a login that failed: no request was made. */
export const LOGIN_FAILED = "LOGIN_FAILED";

/** An error of a connection, with its code. */
export function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
