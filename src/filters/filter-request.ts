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
  /**
   * Host and port of URLs that lead the client here again: as a trusted proxy in front says (X-Forwarded-Host), else as the request names them. The
   * port is the one of this text alone, because X-Forwarded-Port often is that of a container behind a mapping. Empty where there is none (HTTP/1.0).
   */
  readonly authority: string;
  /** The host of `authority`: lower case, without port and final dot; undefined where there is none. */
  readonly visibleHost: string | undefined;
  /** Path and query as the client sent them, without fragment: no blanks, no control characters. */
  readonly target: string;
  /** Keeps a mark that the request is open until it has its whole answer, or is given up. */
  holdOpen(open: OpenRequest): void;
}
