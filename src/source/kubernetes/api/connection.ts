import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { ApiConfig, TlsMaterial } from "./api-config.ts";
import { Http1Transport } from "./http1-transport.ts";
import { Http2Transport } from "./http2-transport.ts";
import { afterPause, backOffMs, pause, type Timing } from "./timing.ts";
import { failure, type Transport } from "./transport.ts";

const CONNECT_DEADLINE_MS = 10_000;
/** HTTP/1.1 has no PING: the system's probes find a dead connection, ten seconds after so many of silence. */
const PROBE_AFTER_MS = 15_000;

/** The connection to the API server, made when it is needed and again when it breaks. */
export class ApiConnection {
  readonly #config: ApiConfig;
  readonly #timing: Timing;
  readonly #closing = new AbortController();
  /** The one in use, and those that still carry watches after the server asked us to leave. */
  readonly #transports = new Set<Transport>();
  #current: Transport | undefined;
  #hasCertificate = false;
  #connecting: Promise<Transport> | undefined;
  #failures = 0;

  constructor(config: ApiConfig, timing: Timing) {
    this.#config = config;
    this.#timing = timing;
  }

  /** A transport that takes requests. After failures it comes with a growing delay. Rejects if none can be made. */
  async transport(): Promise<Transport> {
    if (this.#current?.isOpen === true) return this.#current;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  /** The server refused us: where a client certificate authenticates us, the next connection reads it again. */
  renew(): void {
    if (this.#hasCertificate) this.#current = undefined;
  }

  close(): void {
    this.#closing.abort();
    for (const transport of this.#transports) transport.close();
  }

  async #connect(): Promise<Transport> {
    await pause(this.#timing, backOffMs(this.#failures, this.#timing.chance()), this.#closing.signal);
    try {
      const transport = await this.#open();
      this.#failures = 0;
      this.#current = transport;
      for (const old of this.#transports) if (!old.isOpen) this.#transports.delete(old);
      this.#transports.add(transport);
      if (this.#closing.signal.aborted) transport.close();
      return transport;
    } catch (error) {
      this.#failures += 1;
      throw error;
    }
  }

  async #open(): Promise<Transport> {
    const { server, agent } = this.#config;
    const tls = await this.#config.tls();
    this.#hasCertificate = tls.cert !== undefined;
    if (agent !== undefined) return new Http1Transport(server, await agent());
    const isTls = server.startsWith("https:");
    const socket = await this.#dial(new URL(server), isTls ? tls : undefined);
    if (isTls && (socket as TLSSocket).alpnProtocol !== "h2") {
      socket.destroy();
      return new Http1Transport(server, new HttpsAgent({ ...tls, ...keptConnections }));
    }
    const cancel = (): void => void socket.destroy(failure("ECANCELED", "the source is closed"));
    this.#closing.signal.addEventListener("abort", cancel, { once: true });
    try {
      return await Http2Transport.open(socket, { server, deadlineMs: CONNECT_DEADLINE_MS, timing: this.#timing });
    } catch (error) {
      // Without TLS nothing is agreed upon beforehand: `kubectl proxy` answers HTTP/2 with an error of HTTP/1.1.
      if (isTls || !isOtherProtocol(error)) throw error;
      return new Http1Transport(server, new HttpAgent(keptConnections));
    } finally {
      this.#closing.signal.removeEventListener("abort", cancel);
    }
  }

  /** A connected socket, with the handshake of TLS done where it is wanted. */
  async #dial({ hostname, port }: URL, tls: TlsMaterial | undefined): Promise<Socket> {
    if (this.#closing.signal.aborted) throw failure("ECANCELED", "the source is closed");
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const to = { host, port: Number(port) || (tls === undefined ? 80 : 443) };
    const servername = isIP(host) === 0 ? host : "";
    const socket =
      tls === undefined ? connectTcp(to) : connectTls({ servername, ...tls, ...to, ALPNProtocols: ["h2", "http/1.1"] });
    const connected = Promise.withResolvers<void>();
    socket.once(tls === undefined ? "connect" : "secureConnect", () => connected.resolve());
    socket.once("close", () => connected.reject(failure("ECONNRESET", "the connection closed")));
    socket.on("error", (error) => connected.reject(error));
    const done = new AbortController();
    const cancel = (): void => void socket.destroy(failure("ECANCELED", "the source is closed"));
    this.#closing.signal.addEventListener("abort", cancel, { once: true });
    void afterPause(this.#timing, CONNECT_DEADLINE_MS, {
      signal: done.signal,
      run: () => socket.destroy(failure("ETIMEDOUT", `no connection within ${CONNECT_DEADLINE_MS / 1_000} s`)),
    });
    try {
      await connected.promise;
      return socket.setNoDelay();
    } finally {
      done.abort();
      this.#closing.signal.removeEventListener("abort", cancel);
    }
  }
}

const keptConnections = { keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, ALPNProtocols: ["http/1.1"] } as const;

function isOtherProtocol(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ERR_HTTP2_ERROR" || code === "ERR_HTTP2_SESSION_ERROR";
}
