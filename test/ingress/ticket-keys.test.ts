import { once } from "node:events";
import { createSecureContext, connect } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TICKET_KEYS_BYTES } from "#ingress/io/servers.ts";
import { everyIo } from "#test/support/test-io.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { answering, listen, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { ticketKeys } from "#ingress/server/ticket-keys.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import type { ServingUpdate } from "#ingress/server/serving-update.ts";

const HOUR_MS = 3_600_000;

/** From now on intervals begin that end when the test says so. */
const takeTime = (): void => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
afterEach(() => void vi.useRealTimers());

/** The keys of an update that says some. */
function keysOf(update: ServingUpdate): Buffer {
  if (update.kind !== "ticket-keys") throw new Error(`nothing else is said, but ${update.kind} was`);
  return Buffer.from(update.keys);
}

describe("keys of sessions", () => {
  it("are others after half a day, each time, until the end", () => {
    takeTime();
    const told: string[] = [];
    const keys = ticketKeys((update) => void told.push(keysOf(update).toString("hex")));
    expect(told.map((one) => one.length)).toEqual([2 * TICKET_KEYS_BYTES]);
    vi.advanceTimersByTime(12 * HOUR_MS - 1);
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(told).toHaveLength(2);
    vi.advanceTimersByTime(48 * HOUR_MS);
    expect(told).toHaveLength(6);
    expect(new Set(told).size).toBe(6);
    keys.close();
    vi.advanceTimersByTime(48 * HOUR_MS);
    expect(told).toHaveLength(6);
  });

  it.each(everyIo)(
    "resume sessions until then and not after it, whose clients make a full handshake: $name",
    async (io) => {
      await using endpoint = await startEndpoint(answering("page"));
      await using proxy = await startProxy({ s: [endpoint.port] }, { io });
      const pair = selfSigned("a.com", Date.now());
      const context = createSecureContext(pair);
      let use: (keys: Buffer) => void = () => undefined;
      const server = engineTlsServer(
        proxy.engine,
        { contextOf: () => context, fallback: pair, onTicketKeys: (setKeys) => (use = setKeys) },
        io,
      );
      const port = await listen(server);
      takeTime();
      const sessions = ticketKeys((update) => use(keysOf(update)));

      const ask = async (version: "TLSv1.2" | "TLSv1.3", session?: Buffer) => {
        const socket = connect({
          port,
          host: "127.0.0.1",
          servername: "a.com",
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          session,
        });
        let latest: Buffer | undefined;
        socket.on("session", (given) => (latest = given));
        await once(socket, "secureConnect");
        const isReused = socket.isSessionReused();
        socket.write("GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n");
        let text = "";
        for await (const part of socket) text += String(part);
        return { isReused, isServed: text.endsWith("page"), session: latest };
      };
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const { session } = await ask(version);
        vi.advanceTimersByTime(11 * HOUR_MS);
        expect(await ask(version, session)).toMatchObject({ isReused: true, isServed: true });
        vi.advanceTimersByTime(HOUR_MS);
        const after = await ask(version, session);
        expect(after).toMatchObject({ isReused: false, isServed: true });
        expect(await ask(version, after.session)).toMatchObject({ isReused: true, isServed: true });
      }
      sessions.close();
      server.close();
    },
  );
});
