import type { Ip } from "#src/ip/address.ts";
import type { OpenRequest } from "./client-limits.ts";

/** What filters see of a request. Each text is made when it is asked for. */
export interface FilterRequest {
  readonly method: string;
  /** The values of a header field (its name in lower case), one character for each byte. */
  valuesOf(name: string): readonly string[];
  /** It came by TLS. */
  readonly isSecure: boolean;
  /** The text of the address at the other end of the connection. */
  readonly clientAddress: string;
  /** The same address; undefined where it is none that can be compared. */
  readonly clientIp: Ip | undefined;
  /** Normalised: what every decision about the request looks at. */
  readonly path: string;
  /** Lower case, without port and final dot; undefined where the request names none (HTTP/1.0). */
  readonly host: string | undefined;
  /** Path and query as the client sent them, without fragment: no blanks, no control characters. */
  readonly target: string;
  /** Keeps a mark that the request is open until it has its whole answer, or is given up. */
  holdOpen(open: OpenRequest): void;
}
