import type { Ip } from "#src/ip/address.ts";

/** What filters see of a request. Each text is made when it is asked for. */
export interface FilterRequest {
  /** It came by TLS. */
  readonly isSecure: boolean;
  /** Of the other end of the connection; undefined where it is none that can be compared. */
  readonly clientIp: Ip | undefined;
  /** Normalised: what every decision about the request looks at. */
  readonly path: string;
  /** Lower case, without port and final dot; undefined where the request names none (HTTP/1.0). */
  readonly host: string | undefined;
  /** Path and query as the client sent them, without fragment: no blanks, no control characters. */
  readonly target: string;
}
