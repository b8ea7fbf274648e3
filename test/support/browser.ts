import type { IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

/** An answer that a browser shows. */
export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** All URLs that it was sent to on the way, the first and the last with them. */
  readonly way: readonly string[];
}

interface KeptCookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly domain: string | undefined;
}

export interface BrowserOptions {
  /** Authorities that it trusts. */
  readonly ca: string;
  /** The port on loopback for a host and port of a URL; by default the same. */
  readonly portOf?: (host: string, port: number) => number;
  /** Where a host of a URL is; by default on loopback. */
  readonly addressOf?: (host: string) => string;
}

export interface Visit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** Stops where it would be sent on; by default it follows. */
  readonly follows?: boolean;
}

/** As many redirects as browsers follow. */
const MAX_REDIRECTS = 20;
const NAVIGATION = { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-mode": "navigate" };

/** A client over HTTPS that follows redirects, and keeps cookies as browsers do (RFC 6265bis), with their prefixes. */
export class Browser {
  readonly #options: BrowserOptions;
  #cookies: readonly KeptCookie[] = [];

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  /** The cookies that it sends to a host. */
  cookiesFor(host: string): readonly KeptCookie[] {
    return this.#cookies.filter((one) =>
      one.domain === undefined ? one.host === host : host === one.domain || host.endsWith(`.${one.domain}`),
    );
  }

  /** Forgets the cookies of these names. */
  forget(isForgotten: (name: string) => boolean): void {
    this.#cookies = this.#cookies.filter(({ name }) => !isForgotten(name));
  }

  /** Puts a cookie in as if the host had set it. */
  put(host: string, name: string, value: string): void {
    this.#keep(host, `${name}=${value}; Path=/; Secure`);
  }

  /** Visits a page; rejects where it is sent on too often. */
  async visit(url: string, { headers = NAVIGATION, method = "GET", follows = true }: Visit = {}): Promise<BrowserPage> {
    const way: string[] = [];
    let next = url;
    for (let count = 0; count <= MAX_REDIRECTS; count++) {
      way.push(next);
      const { status, headers: fields, body } = await this.#ask(next, headers, method);
      const { location } = fields;
      if (!follows || location === undefined) return { url: next, status, headers: fields, body, way };
      next = new URL(location, next).href;
    }
    throw new Error(`sent on too often: ${way.join(" -> ")}`);
  }

  #ask(
    url: string,
    headers: Readonly<Record<string, string>>,
    method: string,
  ): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
    }>();
    const { hostname, host, port, pathname, search } = new URL(url);
    const cookie = this.cookiesFor(hostname)
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const { ca, portOf = (_, wanted) => wanted, addressOf = () => "127.0.0.1" } = this.#options;
    const request = httpsRequest({
      agent: false,
      ca,
      host: addressOf(hostname),
      port: portOf(hostname, port === "" ? 443 : Number(port)),
      servername: hostname,
      method,
      path: `${pathname}${search}`,
      headers: { ...headers, host, ...(cookie !== "" && { cookie }) },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("error", reject);
      response.on("end", () => {
        for (const line of response.headers["set-cookie"] ?? []) this.#keep(hostname, line);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.end();
    return promise;
  }

  #keep(host: string, line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const equals = pair.indexOf("=");
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const attribute = (wanted: string) =>
      attributes.find((one) => one.split("=", 1)[0]!.toLowerCase() === wanted)?.slice(wanted.length + 1);
    const domain = attribute("domain");
    const isSecure = attribute("secure") !== undefined;
    if (line.length > 4_096) throw new Error(`a browser would not keep ${name}: it has ${line.length} bytes`);
    if (name.startsWith("__Host-") && (domain !== undefined || attribute("path") !== "/" || !isSecure))
      throw new Error(`a browser would not keep ${line}`);
    if (name.startsWith("__Secure-") && !isSecure) throw new Error(`a browser would not keep ${line}`);
    if (domain !== undefined && host !== domain && !host.endsWith(`.${domain}`)) return;
    const isSame = (one: KeptCookie) => one.name === name && (one.domain ?? one.host) === (domain ?? host);
    this.#cookies = this.#cookies.filter((one) => !isSame(one));
    const age = attribute("max-age");
    const expires = attribute("expires");
    const isOver =
      (age !== undefined && Number(age) <= 0) || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (!isOver) this.#cookies = [...this.#cookies, { name, value, host, domain }];
  }
}
