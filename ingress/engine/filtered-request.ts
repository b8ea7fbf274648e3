import type { OpenRequest } from "#src/filters/client-limits.ts";
import type { FilterRequest } from "#src/filters/filter-request.ts";
import type { Ip } from "#src/ip/address.ts";
import { hostOf } from "#src/routing/host.ts";
import type { Connection } from "#ingress/io/connection.ts";
import { clientIp } from "./client-ip.ts";
import { fieldValues } from "./field-values.ts";
import type { RequestHead } from "./request-head.ts";
import { hostText, targetText } from "./request-route.ts";

/** Whom a request is from: the other end of its connection, or whom a trusted proxy there says. */
export interface RequestClient extends Pick<
  Connection,
  "isSecure" | "remoteAddress" | "identityFor" | "askedPort" | "readEnds"
> {
  /** The host that the client asked a proxy in front for; undefined: as the request says. */
  readonly forwardedHost?: string | undefined;
  /** The addresses of the client and of the proxies in front, divided by commas; undefined: that of the client alone. */
  readonly forwardedFor?: string | undefined;
}

/** A request head as filters see it: good for as long as the head is. */
export class FilteredRequest implements FilterRequest {
  readonly isSecure: boolean;
  readonly path: string;
  readonly #bytes: Buffer;
  readonly #head: RequestHead;
  readonly #client: RequestClient;

  constructor(bytes: Buffer, head: RequestHead, { client, path }: { client: RequestClient; path: string }) {
    this.#bytes = bytes;
    this.#head = head;
    this.#client = client;
    this.isSecure = client.isSecure;
    this.path = path;
  }

  /** What `holdOpen` was given; undefined: nothing. */
  open: OpenRequest | undefined;

  holdOpen(open: OpenRequest): void {
    this.open = open;
  }

  get method(): string {
    return this.#bytes.toString("latin1", this.#head.start, this.#head.methodEnd);
  }

  valuesOf(name: string): readonly string[] {
    return fieldValues(this.#bytes, this.#head, name);
  }

  get clientAddress(): string {
    return this.#client.remoteAddress;
  }

  get clientIp(): Ip | undefined {
    return clientIp(this.#client);
  }

  /** What rules are chosen by: lower case, without port and final dot; undefined where the request names none (HTTP/1.0). */
  get host(): string | undefined {
    return hostOf(hostText(this.#bytes, this.#head));
  }

  get authority(): string {
    return this.#client.forwardedHost ?? hostText(this.#bytes, this.#head);
  }

  get visibleHost(): string | undefined {
    return hostOf(this.authority);
  }

  get query(): string {
    return this.#bytes.toString("latin1", this.#head.queryStart + 1, this.#head.queryEnd);
  }

  get target(): string {
    return targetText(this.#bytes, this.#head);
  }
}
