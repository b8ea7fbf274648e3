import { constants } from "node:http2";
import { describe, expect, it, vi } from "vitest";
import { FrameType } from "#src/http2/frame-head.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { eventually } from "#test/support/eventually.ts";
import { startHttp2Endpoint } from "#test/support/http2-endpoint.ts";
import { numbers } from "#test/support/http2-frames.ts";
import { data, headers, startScriptedHttp2 } from "#test/support/scripted-http2.ts";
import { ask, openClient, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const ingresses = [annotatedIngress({ "backend-protocol": "GRPC" })];
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: 9\r\n\r\n";

/** An endpoint that answers with the body that it got. */
function echo() {
  return startHttp2Endpoint((stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-length": Buffer.concat(parts).length });
      stream.end(Buffer.concat(parts));
    });
  });
}

describe("a request that the endpoint did not process", () => {
  it("goes elsewhere, whatever its method, with what came of its body since: REFUSED_STREAM", async () => {
    let refused = 0;
    await using busy = await startHttp2Endpoint((stream) => {
      stream.once("data", () => {
        refused += 1;
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
      });
    });
    await using well = await echo();
    await using proxy = await startProxy({ s: [busy.port, well.port] }, { ingresses });
    for (let count = 0; count < 4; count++) {
      using client = openClient(proxy.port);
      client.send(POST);
      await vi.waitUntil(() => busy.heads.length + well.heads.length > count, eventually);
      client.send("some ");
      if (count === 0) await vi.waitUntil(() => refused + well.streams.length > 0, eventually);
      client.send("body");
      expect((await client.ended()).text).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nsome body$/);
    }
    expect(refused).toBeGreaterThan(0);
    // What was refused there shares the connection here.
    expect(well.sessions.length).toBe(1);
    expect(busy.sessions[0]?.destroyed).toBe(false);
  });

  it("is answered 503 where there is no other endpoint", async () => {
    await using busy = await startHttp2Endpoint((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    await using proxy = await startProxy({ s: [busy.port] }, { ingresses });
    expect(statusOf(await ask(proxy.port, GET))).toBe(503);
    expect(busy.heads.length).toBe(1);
  });

  it("goes to a new connection of the only endpoint: GOAWAY that leaves it out", async () => {
    let requests = 0;
    await using endpoint = await startHttp2Endpoint((stream) => {
      requests += 1;
      if (requests === 2) {
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
        return;
      }
      stream.respond({ ":status": 200, "content-length": 2 });
      stream.end(String(endpoint.sessions.length).padStart(2, "0"));
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    expect(await ask(proxy.port, GET)).toMatch(/01$/);
    expect(await ask(proxy.port, `${POST}some body`)).toMatch(/02$/);
    expect(requests).toBe(3);
  });

  it("does not begin on a connection that the endpoint ends, while others finish there", async () => {
    const held: (() => void)[] = [];
    await using endpoint = await startHttp2Endpoint((stream, head) => {
      const finish = (): void => {
        stream.respond({ ":status": 200, "content-length": 2 });
        stream.end("ok");
      };
      if (head[":path"] !== "/held") finish();
      else {
        held.push(finish);
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id ?? 0);
      }
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const first = ask(proxy.port, GET.replace("/", "/held"));
    await vi.waitUntil(() => held.length === 1, eventually);
    await vi.waitUntil(async () => {
      await ask(proxy.port, GET);
      return endpoint.sessions.length === 2;
    }, eventually);
    held[0]?.();
    expect(await first).toMatch(/ok$/);
  });

  it("is not sent twice where the endpoint may have seen it: a reset for another reason", async () => {
    await using endpoint = await startHttp2Endpoint((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    await using other = await echo();
    await using proxy = await startProxy({ s: [endpoint.port, other.port] }, { ingresses });
    const statuses = [await ask(proxy.port, `${POST}some body`), await ask(proxy.port, `${POST}some body`)].map(
      statusOf,
    );
    expect(statuses.toSorted((left, right) => left - right)).toEqual([200, 502]);
  });
});

describe("an end that comes early", () => {
  it("is told to the endpoint: the client is gone", async () => {
    await using endpoint = await startHttp2Endpoint((stream) => stream.respond({ ":status": 200 }));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    {
      using client = openClient(proxy.port);
      client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
      await client.until((text) => text.includes("\r\n\r\n"));
      client.socket.resetAndDestroy();
    }
    await vi.waitUntil(() => endpoint.streams[0]?.rstCode === constants.NGHTTP2_CANCEL, eventually);
    expect(endpoint.sessions[0]?.destroyed).toBe(false);
  });

  it("is told to the client: the endpoint has reset the stream within its answer", async () => {
    await using endpoint = await startScriptedHttp2((stream, send) =>
      send(headers(stream, [[":status", "200"]]), data(stream, "part")),
    );
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.until((text) => text.includes("part"));
    endpoint.connections[0]?.write(numbers(FrameType.RstStream, 1, constants.NGHTTP2_INTERNAL_ERROR));
    expect(await client.ended()).toMatchObject({ wasReset: true });
  });

  it("is an answer before the request is whole: what is left of the request is not sent", async () => {
    await using endpoint = await startHttp2Endpoint((stream) => {
      stream.respond({ ":status": 413, "content-length": 0 }, { endStream: true });
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    using client = openClient(proxy.port);
    client.send(`${POST}some`);
    expect(statusOf(await client.until((text) => text.endsWith("\r\n\r\n")))).toBe(413);
  });
});
