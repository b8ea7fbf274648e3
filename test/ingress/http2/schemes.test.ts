import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { Certificates } from "#ingress/tls/certificates.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { answering, ask, listen, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

/** A proxy with a port for clear text and one for TLS, both with HTTP/2: `a.com` is served, and `b.com` over HTTPS alone. */
async function start() {
  const endpoint = await startEndpoint(answering("ok"));
  const ingresses = [
    annotatedIngress({}, "a"),
    annotatedIngress({ "force-ssl-redirect": "true" }, "b", { host: "b.com" }),
  ];
  const proxy = await startProxy({ s: [endpoint.port] }, { ingresses, isPlainHttp2On: true });
  const certificates = new Certificates(Date.now());
  const server = engineTlsServer(proxy.engine, {
    contextOf: (name) => certificates.contextOf(name),
    fallback: certificates.fallback,
    isHttp2On: true,
  });
  const secure = await listen(server);
  return {
    ports: { http: proxy.port, https: secure },
    /** What the endpoint was told of the scheme, request by request. */
    told: () => endpoint.received().match(/(?<=^x-forwarded-proto: ).*(?=\r$)/gim),
    async [Symbol.asyncDispose]() {
      server.close();
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

type Started = Awaited<ReturnType<typeof start>>;
type Scheme = keyof Started["ports"];

/** The status and the fields of the answer to a request of HTTP/2 that says this scheme, on a connection that is of that one. */
async function answerTo({ ports }: Started, { connection, said, host = "a.com" }: Row & { readonly host?: string }) {
  const session = connect(`${connection}://127.0.0.1:${ports[connection]}`, { rejectUnauthorized: false });
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/", ":scheme": said, ":authority": host });
  const [fields] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
  session.destroy();
  return { status: fields[":status"], location: fields.location };
}

interface Row {
  readonly connection: Scheme;
  readonly said: string;
}

const rows: readonly Row[] = (["http", "https"] as const).flatMap((connection) =>
  ["http", "https", "HTTPS"].map((said) => ({ connection, said })),
);

describe("a scheme that a client of HTTP/2 says", () => {
  it.each(rows)("$said over $connection: endpoints are told what the connection is", async (row) => {
    await using started = await start();
    expect((await answerTo(started, row)).status).toBe(200);
    expect(started.told()).toEqual([row.connection]);
  });

  it.each(rows)("$said over $connection: whoever is not on HTTPS is sent there", async (row) => {
    await using started = await start();
    const isSecure = row.connection === "https";
    expect(await answerTo(started, { ...row, host: "b.com" })).toEqual({
      status: isSecure ? 200 : 308,
      location: isSecure ? undefined : "https://b.com/",
    });
    expect(started.told()).toEqual(isSecure ? ["https"] : null);
  });
});

describe("a scheme that a client of HTTP/1.1 says in its target", () => {
  const request = (scheme: string): string =>
    `GET ${scheme}://a.com/ HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`;

  it.each(["http", "https", "HTTPS"])("%s: endpoints are told what the connection is", async (said) => {
    await using started = await start();
    expect(statusOf(await ask(started.ports.http, request(said)))).toBe(200);
    const socket = connectTls({ port: started.ports.https, host: "127.0.0.1", rejectUnauthorized: false });
    socket.end(request(said));
    let text = "";
    for await (const part of socket) text += String(part);
    expect(statusOf(text)).toBe(200);
    expect(started.told()).toEqual(["http", "https"]);
  });
});
