import { Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Clients that ask one request after the other, half of them with a connection for each. */
const CLIENTS = 8;
const TUNNELS = 4;
/** Between two requests of a client, and two messages in a tunnel. */
const PAUSE_MS = 5;

/** What clients saw while something happened. */
interface ClientsSaw {
  requests: number;
  /** Without an answer, or with another status than 200. */
  lost: number;
  /** Tunnels that ended. */
  cut: number;
}

/** Clients that go on until they are stopped. */
export interface ChurnClients {
  stop(): Promise<ClientsSaw>;
}

/** Starts them; they ask a port of loopback. */
export function churnClients(port: number): ChurnClients {
  const saw: ClientsSaw = { requests: 0, lost: 0, cut: 0 };
  const stopping = new AbortController();
  const { signal } = stopping;
  const asking = Array.from({ length: CLIENTS }, (_, index) => askOn(port, { saw, signal, isKept: index % 2 === 0 }));
  const closers = Array.from({ length: TUNNELS }, () => openTunnel(port, { saw, signal }));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(asking);
      for (const close of closers) close();
      return saw;
    },
  };
}

interface ClientOf {
  readonly saw: ClientsSaw;
  readonly signal: AbortSignal;
}

async function askOn(port: number, { saw, signal, isKept }: ClientOf & { readonly isKept: boolean }): Promise<void> {
  const agent = new Agent({ keepAlive: isKept, maxSockets: 1 });
  while (!signal.aborted) {
    const status = await new Promise<number>((resolve) => {
      const sent = request({ host: "127.0.0.1", port, agent }, (response) => {
        response.on("end", () => resolve(response.statusCode ?? 0)).on("error", () => resolve(0));
        response.resume();
      });
      sent.on("error", () => resolve(0)).end();
    });
    saw.requests += 1;
    if (status !== 200) saw.lost += 1;
    await delay(PAUSE_MS);
  }
  agent.destroy();
}

/** A WebSocket as a proxy sees it; returns what closes it. */
function openTunnel(port: number, { saw, signal }: ClientOf): () => void {
  const socket = connect({ host: "127.0.0.1", port });
  const fields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  socket.write(`GET /ws HTTP/1.1\r\nHost: steady.test\r\n${fields}\r\n`);
  const ticker = setInterval(() => socket.write("x"), 10 * PAUSE_MS);
  socket.on("error", () => undefined).resume();
  socket.on("close", () => {
    clearInterval(ticker);
    if (!signal.aborted) saw.cut += 1;
  });
  return () => socket.destroy();
}
