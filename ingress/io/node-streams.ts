import type { Server } from "node:net";
import type { PeerCertificate, SecureContext, Server as TlsServer } from "node:tls";

/** The line of Node whose streams are used without their public face: what they do on misuse is to end the process. */
const NODE_MAJOR = "26";

/** What a read gives for the end of the other side (libuv's UV_EOF). */
export const END_OF_FILE = -4_095;

/** A write that has not been completed during the call. */
export interface PendingWrite {
  oncomplete: (status: number) => void;
  /** Of a write that was completed before `oncomplete` was there; else null. */
  writeStatus: number | null;
  /** What is written, kept from being collected. */
  content?: Buffer | readonly Buffer[];
}

/** A stream of Node below `net.Socket` and `tls.TLSSocket`. Calls return 0 or a negative errno, where nothing else is said. */
export interface StreamHandle {
  /**
   * Called for each read, with the number of bytes in `readStatus()`. What it returns is read into from then on; undefined: the buffer
   * stays.
   */
  onread: (this: StreamHandle) => Buffer | undefined;
  /** Whose stream it is; ours. */
  owner?: unknown;
  /** Once, before the first read. */
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
  /** 0: all has left. A negative errno: it failed. Else it is under way, or has failed: see `writeError`. */
  writeBuffer(request: null, bytes: Buffer): number | PendingWrite;
  writev(request: null, all: readonly Buffer[], areBuffers: true): number | PendingWrite;
  /** 1: done during the call. 0: `oncomplete` says when. */
  shutdown(request: CompletedRequest): number;
}

export interface SocketAddress {
  address?: string;
  port?: number;
}

/** A TCP connection. */
export interface TcpHandle extends StreamHandle {
  readonly fd: number;
  setNoDelay(isOn: boolean): number;
  setKeepAlive(isOn: boolean, afterS: number, everyS: number, times: number): number;
  getpeername(out: SocketAddress): number;
  getsockname(out: SocketAddress): number;
  connect(request: CompletedRequest, address: string, port: number): number;
  connect6(request: CompletedRequest, address: string, port: number): number;
  close(onClosed: () => void): void;
  /** Not while it is being shut down: then it would never be closed. */
  reset(onClosed: () => void): number;
}

/** The server's end of TLS over a TCP connection, whose reads and writes it takes over. It is not closed itself: the TCP connection is. */
export interface TlsHandle extends StreamHandle {
  onhandshakestart: (nowMs: number) => void;
  onhandshakedone: () => void;
  /** The first message has come: the handshake waits for `certCbDone`. */
  oncertcb: (asked: { readonly servername?: string | undefined }) => void;
  onerror: (error: NodeJS.ErrnoException) => void;
  /** Of the certificate for the server name; the native part of a `SecureContext`. */
  sni_context?: unknown;
  /** Makes `oncertcb` come. */
  enableCertCb(): void;
  /** Throws where the certificate cannot be used. */
  certCbDone(): void;
  setVerifyMode(requests: boolean, rejects: boolean): void;
  /** Each with its length before it (RFC 7301 section 3.1). */
  setALPNProtocols(protocols: Buffer): void;
  getALPNNegotiatedProtocol(): string | false;
  getServername(): string | false;
  isSessionReused(): boolean;
  verifyError(): NodeJS.ErrnoException | null | undefined;
  hasPeerCertificate(): boolean;
  getPeerCertificate(isDetailed: boolean): PeerCertificate | undefined;
  /** Bytes that were read before. */
  receive(bytes: Buffer): void;
  /** Lets go of the TCP connection. Not during a callback. */
  destroySSL(): void;
}

/** A request that reports its end. */
interface CompletedRequest {
  oncomplete: (status: number) => void;
}

/** The streams of Node. */
export interface NodeStreams {
  readonly newTcp: () => TcpHandle;
  readonly newConnect: () => CompletedRequest;
  readonly newShutdown: () => CompletedRequest;
  readonly serveTls: (tcp: TcpHandle, context: SecureContext) => TlsHandle;
  /** What the last read gave: bytes, or a negative errno. */
  readonly readStatus: () => number;
  /** Of the last write that is under way: 0, or the errno with which it failed. */
  readonly writeError: () => number;
}

/** As Node's own modules know them. */
interface Bindings {
  readonly tcp_wrap: {
    readonly TCP: new (kind: number) => TcpHandle;
    readonly TCPConnectWrap: new () => CompletedRequest;
    readonly constants: { readonly SOCKET: number };
  };
  readonly stream_wrap: {
    readonly ShutdownWrap: new () => CompletedRequest;
    readonly kReadBytesOrError: number;
    readonly kLastWriteErr: number;
    readonly streamBaseState: Int32Array;
  };
  readonly tls_wrap: {
    wrap(tcp: TcpHandle, context: unknown, isServer: boolean, hasWrites: boolean): TlsHandle;
  };
}

type Binding = <Name extends keyof Bindings>(name: Name) => Bindings[Name];

/** The streams of this Node; undefined: it is not of the line that they are known of, or does not give them. */
export function openNodeStreams(version: string = process.versions.node): NodeStreams | undefined {
  if (!version.startsWith(`${NODE_MAJOR}.`)) return undefined;
  try {
    const { binding } = process as unknown as { readonly binding: Binding };
    const { TCP, TCPConnectWrap, constants } = binding("tcp_wrap");
    const { ShutdownWrap, kReadBytesOrError, kLastWriteErr, streamBaseState } = binding("stream_wrap");
    const tls = binding("tls_wrap");
    return {
      serveTls: (tcp, context) => tls.wrap(tcp, context.context, true, false),
      newTcp: () => new TCP(constants.SOCKET),
      newConnect: () => new TCPConnectWrap(),
      newShutdown: () => new ShutdownWrap(),
      readStatus: () => streamBaseState[kReadBytesOrError]!,
      writeError: () => streamBaseState[kLastWriteErr]!,
    };
  } catch {
    return undefined;
  }
}

/** The contexts of a server for TLS, with the keys of its sessions, for handshakes that it does not do itself. */
export function sharedContextOf(server: TlsServer): SecureContext {
  // oxlint-disable-next-line no-underscore-dangle -- as Node names it
  return (server as unknown as { readonly _sharedCreds: SecureContext })._sharedCreds;
}

/** What accepts connections for a server. */
interface ListeningHandle {
  onconnection: (this: ListeningHandle, status: number, accepted: TcpHandle | undefined) => void;
}

/** Gives the connections of a server as handles, in place of its sockets, whenever it listens. Failures stay events of the server. */
export function takeHandles(server: Server, onHandle: (handle: TcpHandle) => void): void {
  server.on("listening", () => {
    // oxlint-disable-next-line no-underscore-dangle -- as Node names it
    const { _handle: listening } = server as unknown as { readonly _handle: ListeningHandle };
    const onFailure = listening.onconnection;
    listening.onconnection = (status, accepted) => {
      if (status !== 0 || accepted === undefined) onFailure.call(listening, status, accepted);
      else onHandle(accepted);
    };
  });
}
