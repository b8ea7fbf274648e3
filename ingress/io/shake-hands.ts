import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { type ClientVerification, identityForHosts, type SecureClient } from "./client-verification.ts";
import type { Admission } from "./connection-gate.ts";
import type { ConnectionEvents } from "./connection.ts";
import { HandleConnection, type HandleRoom } from "./handle-connection.ts";
import type { TlsHandle } from "./node-streams.ts";
import { NOTHING } from "./nothing.ts";
import { PLAIN_HTTP_ERRORS, PLAIN_LINGER_MS, type SecureServerOptions, UNRECOGNIZED_NAME } from "./servers.ts";

/** Handshakes that the client of a connection may begin within this time, as of Node (CLIENT_RENEG_LIMIT). */
const MAX_HANDSHAKES = 3;
const HANDSHAKES_WINDOW_MS = 600_000;

/** Has a client shake hands by TLS, over a connection that was let in, and then gives the connection to `options.accept`. */
export function shakeHands(...how: ConstructorParameters<typeof Handshake>): void {
  new Handshake(...how).begin();
}

/** The handshake of a client. */
class Handshake implements ConnectionEvents {
  readonly #options: SecureServerOptions;
  readonly #plain: HandleConnection;
  readonly #tls: TlsHandle;
  readonly #connection: HandleConnection;
  readonly #admission: Admission;
  readonly #protocols: Buffer;
  readonly #timer: NodeJS.Timeout;
  #verification: ClientVerification | undefined;
  #hasAsked = false;
  #state: "shaking hands" | "done" | "failed" = "shaking hands";
  #begun = 0;
  #lastBegunMs = 0;
  #isDestroyed = false;

  constructor(
    room: HandleRoom,
    plain: HandleConnection,
    {
      tls,
      admission,
      options,
      protocols,
      handshakeMs,
    }: {
      readonly tls: TlsHandle;
      readonly admission: Admission;
      readonly options: SecureServerOptions;
      /** For ALPN, each with its length before it. */
      readonly protocols: Buffer;
      /** What is left of the time for it. */
      readonly handshakeMs: number;
    },
  ) {
    this.#options = options;
    this.#plain = plain;
    this.#tls = tls;
    this.#admission = admission;
    this.#protocols = protocols;
    this.#connection = new HandleConnection(room, plain.tcp, {
      address: admission.address,
      secure: { stream: tls, below: plain },
    });
    this.#connection.admit(admission);
    this.#timer = setTimeout(() => this.#fail(codedError("ERR_TLS_HANDSHAKE_TIMEOUT")), handshakeMs);
  }

  begin(): void {
    const tls = this.#tls;
    tls.onhandshakestart = (nowMs) => this.#onBegun(nowMs);
    tls.onhandshakedone = () => this.#onDone();
    tls.oncertcb = ({ servername }) => this.#onServerName(servername);
    tls.onerror = (error) => this.#onError(error);
    tls.enableCertCb();
    tls.setALPNProtocols(this.#protocols);
    this.#plain.giveUp(this.#connection, () => this.#onPlainGone());
    this.#connection.listen(this);
    const early = this.#plain.takeEarly();
    if (early !== undefined) tls.receive(early);
  }

  /** Before the handshake is done nothing can come. */
  onData(): boolean {
    return false;
  }

  onEnd(): void {
    this.#fail(codedError("ECONNRESET"));
  }

  onDrain(): void {}

  onClose(error: Error | undefined): void {
    if (this.#state === "shaking hands") this.#fail(error ?? codedError("ECONNRESET"));
  }

  #onServerName(name: string | undefined): void {
    if (this.#state === "failed") return;
    if (name) {
      if (this.#options.rejects?.(name) === true) {
        this.#plain.send(UNRECOGNIZED_NAME, 0, UNRECOGNIZED_NAME.length);
        this.#fail(new Error("no rule has the server name"));
        return;
      }
      this.#useContextOf(name);
    }
    try {
      this.#tls.certCbDone();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #useContextOf(name: string): void {
    this.#verification = this.#options.verificationOf?.(name);
    const context = this.#verification?.context;
    if (context !== undefined) {
      this.#hasAsked = true;
      this.#tls.setVerifyMode(true, false);
    }
    this.#tls.sni_context = (context ?? this.#options.contextOf(name)).context;
  }

  /** Also for each message of TLS 1.3 behind the handshake: a client that makes us answer these again and again is closed. */
  #onBegun(nowMs: number): void {
    const isRecent = nowMs - this.#lastBegunMs < HANDSHAKES_WINDOW_MS;
    this.#begun = this.#lastBegunMs !== 0 && isRecent ? this.#begun + 1 : 0;
    this.#lastBegunMs = nowMs;
    if (this.#begun > MAX_HANDSHAKES) this.#connection.fail(codedError("ERR_TLS_SESSION_ATTACK"));
  }

  #onDone(): void {
    if (this.#state !== "shaking hands") return;
    this.#state = "done";
    clearTimeout(this.#timer);
    const { accept, rejects, verificationOf } = this.#options;
    const name = this.#tls.getServername();
    if (this.#connection.isClosed || (name === false && rejects?.(undefined) === true)) {
      this.#connection.close();
      return;
    }
    const connection = this.#connection;
    connection.alpn = this.#tls.getALPNNegotiatedProtocol() || undefined;
    connection.identityFor = identityForHosts(clientOf(this.#tls, this.#hasAsked), {
      verification: this.#verification,
      name,
      ...(verificationOf && { verificationOf }),
    });
    const events = accept(connection);
    this.#admission.occupant = events;
    connection.listen(events);
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#state === "done") this.#connection.fail(error);
    else if (this.#state === "shaking hands" && PLAIN_HTTP_ERRORS.has(error.code ?? "")) this.#answerPlainHttp(error);
    else this.#fail(error);
  }

  #fail(error: Error): void {
    if (this.#state !== "shaking hands") return;
    this.#state = "failed";
    clearTimeout(this.#timer);
    this.#connection.close();
    this.#options.onHandshakeFailure(error);
  }

  /** The connection goes on without TLS, until the client has read why it is not served. */
  #answerPlainHttp(error: Error): void {
    this.#state = "failed";
    clearTimeout(this.#timer);
    this.#tls.readStop();
    const plain = this.#plain;
    const answer = this.#options.answerPlainHttp(this.#admission.address);
    setImmediate(() => {
      this.#destroyTls();
      if (plain.isClosed) return;
      const timer = setTimeout(() => plain.close(), PLAIN_LINGER_MS);
      plain.takeBack({ ...NOTHING, onClose: () => clearTimeout(timer) });
      plain.send(answer, 0, answer.length);
      plain.end();
    });
    this.#options.onHandshakeFailure(error);
  }

  #onPlainGone(): void {
    clearTimeout(this.#timer);
    this.#destroyTls();
    this.#connection.tellGone();
  }

  #destroyTls(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#tls.destroySSL();
  }
}

function codedError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/** As of `tls.TLSSocket`. */
function clientOf(tls: TlsHandle, hasAsked: boolean): SecureClient {
  const fault = hasAsked ? (tls.verifyError()?.code ?? missing(tls)) : undefined;
  return {
    authorized: hasAsked && fault === undefined,
    authorizationError: fault ?? null,
    isSessionReused: () => tls.isSessionReused(),
    getPeerCertificate: (isDetailed) => tls.getPeerCertificate(isDetailed) ?? ({} as PeerCertificate),
    getPeerX509Certificate() {
      const raw = tls.getPeerCertificate(false)?.raw;
      return raw === undefined ? undefined : new X509Certificate(raw);
    },
  };
}

/** OpenSSL finds nothing wrong where a session is resumed without any certificate. */
function missing(tls: TlsHandle): string | undefined {
  return tls.hasPeerCertificate() ? undefined : "UNABLE_TO_GET_ISSUER_CERT";
}
