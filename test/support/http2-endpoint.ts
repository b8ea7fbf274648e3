import {
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import { listen } from "./ingress-proxy.ts";

/** A real server of HTTP/2. */
interface Http2Endpoint extends AsyncDisposable {
  readonly port: number;
  /** Heads of requests, in the order in which they came. */
  readonly heads: readonly IncomingHttpHeaders[];
  readonly streams: readonly ServerHttp2Stream[];
  readonly sessions: readonly Http2Session[];
}

/** Starts one of Node's, without TLS unless there are options for it. */
export async function startHttp2Endpoint(
  onStream: (stream: ServerHttp2Stream, head: IncomingHttpHeaders) => void,
  { settings, tls }: { readonly settings?: Settings; readonly tls?: SecureServerOptions } = {},
): Promise<Http2Endpoint> {
  const server =
    tls === undefined
      ? createServer({ ...(settings && { settings }) })
      : createSecureServer({ ...tls, ...(settings && { settings }) });
  const heads: IncomingHttpHeaders[] = [];
  const streams: ServerHttp2Stream[] = [];
  const sessions: Http2Session[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => undefined);
  });
  server.on("sessionError", () => undefined);
  server.on("stream", (one, head) => {
    const stream = one as ServerHttp2Stream;
    heads.push(head);
    streams.push(stream);
    stream.on("error", () => undefined);
    onStream(stream, head);
  });
  return {
    port: await listen(server),
    heads,
    streams,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
