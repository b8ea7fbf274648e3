import fc from "fast-check";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { ask, listen, okWith, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { everyIo } from "#test/support/test-io.ts";

const SIZE = 3_000_000;
const LARGE = Buffer.from(okWith("x".repeat(SIZE)));
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const CLIENTS = 12;

/** What a client does next. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    text: fc.constantFrom(GET, GET + GET, GET.slice(0, 20), "\x16\x03\x01"),
  }),
  fc.record({
    kind: fc.constant("post" as const),
    bytes: fc.constantFrom(0, 1, 20_000, 300_000),
    isWhole: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom("end" as const, "reset" as const, "destroy" as const) }),
  fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const, "breathe" as const) }),
  fc.record({ kind: fc.constant("junk" as const), junk: fc.uint8Array({ minLength: 1, maxLength: 2_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(socket: Socket, plain: Socket, one: Step): void {
  switch (one.kind) {
    case "send":
      return void socket.write(one.text, "latin1");
    case "post":
      socket.write(`POST / HTTP/1.1\r\nHost: a.com\r\nContent-Length: ${one.bytes}\r\n\r\n`);
      return void socket.write(Buffer.alloc(one.isWhole ? one.bytes : one.bytes / 2, "y"));
    case "end":
      return void socket.end();
    case "reset":
      return void plain.resetAndDestroy();
    case "destroy":
      return void socket.destroy();
    case "pause":
      return void socket.pause();
    case "resume":
      return void socket.resume();
    case "junk":
      return void plain.write(one.junk);
    case "breathe":
      return undefined;
  }
}

describe.each(everyIo)("by $name, whatever clients do", (io) => {
  it.each(["plain", "TLS"])("the proxy serves the next one and holds nothing of them, %s", async (kind) => {
    await using endpoint = await startEndpoint((socket, text) => text.includes("\r\n\r\n") && socket.write(LARGE));
    await using proxy = await startProxy({ s: [endpoint.port] }, { io, limits: { lingerMs: 50, clientGapMs: 2_000 } });
    const certificates = new Certificates(Date.now());
    const { fallback } = certificates;
    const contextOf = (name: string | undefined) => certificates.contextOf(name);
    const server = engineTlsServer(proxy.engine, { contextOf, fallback }, io);
    const port = kind === "TLS" ? await listen(server) : proxy.port;
    const open = (): { readonly socket: Socket; readonly plain: Socket } => {
      const plain = connectPlain({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
      plain.on("error", () => undefined);
      if (kind === "plain") return { socket: plain, plain };
      const socket = connectTls({ socket: plain, rejectUnauthorized: false });
      return { socket: socket.on("error", () => undefined), plain };
    };
    const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 10 }), {
      minLength: CLIENTS,
      maxLength: CLIENTS,
    });
    const run = fc.asyncProperty(clients, async (all) => {
      await Promise.all(
        all.map(async (steps, index) => {
          const { socket, plain } = open();
          socket.on("data", () => undefined);
          for (const one of steps) {
            if (socket.destroyed) break;
            act(socket, plain, one);
            // Some act at once, before the handshake and in the midst of answers; some a step in each turn of the loop.
            if (index % 3 > 0) await new Promise((resolve) => setImmediate(resolve));
          }
          if (index % 2 === 0) plain.resetAndDestroy();
          else plain.destroy();
        }),
      );
      expect(statusOf(await ask(proxy.port, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")))).toBe(200);
    });
    await fc.assert(run, { numRuns: 25, endOnFailure: true });
    await until("all clients to be gone", () => proxy.engine.counters.openConnections === 0 && proxy.gate.size === 0);
    server.close();
  });
});
