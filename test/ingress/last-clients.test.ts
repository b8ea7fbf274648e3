import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { chooseIo } from "#ingress/io/choose-io.ts";
import type { ConnectionGate } from "#ingress/io/connection-gate.ts";
import { openServers } from "#ingress/open-servers.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { createLogger } from "#src/process/log.ts";
import { answering, startEndpoint } from "#test/support/ingress-proxy.ts";
import { listenWithRoute, servingOptions } from "#test/support/start-servers.ts";

const HOST = "127.0.0.1";
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n";
const CLIENTS = 24;
const FINISH_MS = 20_000;

/** Servers of the ingress as the program opens them, which route `a.com` to an endpoint that answers `ok`. */
async function start(workers: number, io = "auto") {
  const endpoint = await startEndpoint(answering("ok"));
  const { io: program, given, options, settings } = servingOptions(["--ssl-redirect=false", `--io=${io}`]);
  const log = createLogger({ component: "ingress", level: "warn", to: program.logTo! });
  const servers = openServers({
    workers,
    options,
    settings,
    given,
    env: {},
    certificates: new Certificates(Date.now()),
    address: HOST,
    log,
    io: await chooseIo(options.io, { log }),
    logTo: program.logTo,
  });
  const { http, https } = await listenWithRoute(servers, endpoint.port);
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    servers.drain();
    ending ??= servers.finish(FINISH_MS);
    return ending;
  };
  return {
    http,
    https,
    servers,
    /** The end of the program, without its wait for senders. */
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

interface Client {
  readonly socket: Socket;
  /** Resolves with `served`, `refused` (the server never had the connection), or with what went wrong. */
  readonly outcome: Promise<string>;
}

/** A connection for one request; by TLS that is sent when the handshake is done. */
function openClient(port: number, { isSecure, request = GET }: { isSecure: boolean; request?: string }): Client {
  const socket = connect({ port, host: HOST });
  const stream = isSecure ? connectTls({ socket, servername: "a.com", rejectUnauthorized: false }) : socket;
  const outcome = Promise.withResolvers<string>();
  let text = "";
  let isConnected = false;
  socket.on("connect", () => (isConnected = true));
  stream.once(isSecure ? "secureConnect" : "connect", () => stream.write(request));
  stream.on("data", (data: Buffer) => {
    text += data.toString();
    // The rest is what a client does that has its answer: it closes.
    if (text.endsWith("\r\n\r\nok")) stream.end();
  });
  const settle = (error?: NodeJS.ErrnoException): void => {
    if (text.endsWith("\r\n\r\nok") && error === undefined) outcome.resolve("served");
    else if (isConnected)
      outcome.resolve(`${isSecure ? "TLS" : "clear"}: ${error?.code ?? "closed"} after ${text.length} bytes`);
    else outcome.resolve("refused");
  };
  stream.on("error", settle).on("close", () => settle());
  if (isSecure) socket.on("error", settle).on("close", () => settle());
  return { socket, outcome: outcome.promise };
}

/** Clients with a connection for each request, without pause, until they are stopped or refused; counts what came of each. */
function hammer(ports: { readonly http: number; readonly https: number }) {
  const counts = new Map<string, number>();
  const open = new Set<Client>();
  const stopping = new AbortController();
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    const isSecure = index % 2 === 0;
    while (!stopping.signal.aborted) {
      const client = openClient(isSecure ? ports.https : ports.http, { isSecure });
      open.add(client);
      const last = await client.outcome;
      open.delete(client);
      counts.set(last, (counts.get(last) ?? 0) + 1);
      if (last === "refused") return;
    }
  });
  return {
    counts,
    /** Clients whose connection was not taken are not waited for: the kernel asks again after a second. */
    async stop(): Promise<void> {
      stopping.abort();
      for (const { socket } of open) if (socket.connecting) socket.destroy();
      await Promise.all(clients);
    },
  };
}

const served = (counts: ReadonlyMap<string, number>): number => counts.get("served") ?? 0;

describe("the end of the ingress", () => {
  it.each([
    { workers: 1, io: "auto", rounds: 5 },
    { workers: 1, io: "net", rounds: 2 },
    { workers: 2, io: "auto", rounds: 2 },
  ] as const)(
    "G resets no client that connects meanwhile, in clear and by TLS: $rounds times with $workers workers over $io",
    async ({ workers, io, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        await using it = await start(workers, io);
        const { counts, stop } = hammer(it);
        await until("some to be served", () => served(counts) >= 4 * CLIENTS);
        await it.end();
        await stop();
        expect([...counts.keys()].toSorted()).toEqual(["refused", "served"].filter((one) => counts.has(one)));
      }
    },
    120_000,
  );

  it.each([false, true])(
    "G serves clients that wait to be accepted when the port is closed (TLS: %s)",
    async (isSecure) => {
      await using it = await start(1);
      const clients = Array.from({ length: 200 }, () => openClient(isSecure ? it.https : it.http, { isSecure }));
      // Node connects at the end of what runs now: the kernel has them all before this thread accepts one.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const ended = it.end();
      const outcomes = await Promise.all(clients.map(({ outcome }) => outcome));
      expect(outcomes.filter((one) => one !== "served")).toEqual([]);
      await ended;
    },
  );

  it.each(["auto", "net"] as const)(
    "G serves a first request and a first handshake that begin after the port is closed, and ends silent connections cleanly, over %s",
    // These are waited for a second, which may be over on a busy machine before the clients have written.
    { retry: 5 },
    async (io) => {
      await using it = await start(1, io);
      const [early, late, silent] = [it.http, it.https, it.http].map((port) => connect({ port, host: HOST }));
      const arrived = (): number => (it.servers.figures.gate as ConnectionGate).arrived;
      await until("all to be accepted", () => arrived() === 3);
      const ended = it.end();
      await until("the ports to be closed", async () => !(await isListened(it.http)) && !(await isListened(it.https)));
      let text = "";
      early!.on("data", (data: Buffer) => (text += data.toString())).write(GET);
      const stream = connectTls({ socket: late!, servername: "a.com", rejectUnauthorized: false }, () =>
        stream.write(GET),
      );
      let secureText = "";
      stream.on("data", (data: Buffer) => (secureText += data.toString()));
      const ends: string[] = [];
      for (const [name, socket] of Object.entries({ early, late: stream, silent }))
        socket!.on("error", (error) => ends.push(`${name}: ${error.message}`)).on("end", () => ends.push(name));
      silent!.resume();
      await ended;
      await until("all connections to end", () => ends.length >= 3);
      expect(ends.toSorted()).toEqual(["early", "late", "silent"]);
      for (const answer of [text, secureText])
        expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close\r\n\r\nok$/);
    },
  );
});

/** As the kernel's table says: asking by a connection would be asking what is tested. */
async function isListened(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return (await readFile("/proc/self/net/tcp", "latin1")).includes(`:${hex} 00000000:0000 0A `);
}
