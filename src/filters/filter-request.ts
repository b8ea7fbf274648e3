/** What filters see of a request. Each text is made when it is asked for. */
export interface FilterRequest {
  /** It came by TLS. */
  readonly isSecure: boolean;
  /** Normalised: what every decision about the request looks at. */
  readonly path: string;
  /** Lower case, without port and final dot; undefined where the request names none (HTTP/1.0). */
  readonly host: string | undefined;
  /** Path and query as the client sent them, without fragment: no blanks, no control characters. */
  readonly target: string;
}
