import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { Engine } from "#ingress/engine/engine.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import type { Connection, ConnectionEvents, OutgoingEvents } from "#ingress/io/connection.ts";
import type { Compression } from "#src/filters/compression.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { ingressOf, serviceOf, slicesOf } from "./ingress-objects.ts";

const TICK_MS = 100;

/** A connection without a socket: takes all bytes at once, unless told otherwise, and records what it is asked to do. */
class FakeConnection implements Connection {
  readonly remoteAddress = "192.0.2.1";
  readonly localPort = 80;
  readonly isSecure = false;
  queuedBytes = 0;
  /** Whether the other side reads: otherwise what is sent stays in use. */
  isReading = true;
  /** All that was sent, as Latin-1. */
  sent = "";
  /** How it was ended, closed or reset, in order. */
  readonly ends: string[] = [];

  send(bytes: Buffer, start: number, end: number): boolean {
    this.sent += bytes.toString("latin1", start, end);
    if (!this.isReading) this.queuedBytes += end - start;
    return this.isReading;
  }

  /** Nothing is to be read from this side. */
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): boolean {
    this.ends.push("end");
    return this.queuedBytes === 0;
  }

  finish(): void {
    this.ends.push("finish");
  }

  close(): void {
    this.ends.push("close");
  }

  abort(): void {
    this.ends.push("abort");
  }
}

/** A side of the proxy: its connection, and what gives the engine its events. */
interface FakeSide<Events> {
  readonly connection: FakeConnection;
  readonly events: Events;
  /** Gives the engine bytes from this side. */
  say(text: string): void;
}

/** An engine without sockets, whose time and connections a test moves by hand. Host `a.com` leads to Service `s`. */
export function engineByHand({
  limits = {},
  looks = [],
  ingresses = [ingressOf("i", { "a.com": { "/": "s" } })],
  compressions = [],
  isPlainHttp2On = false,
}: {
  limits?: Partial<Limits>;
  looks?: number[];
  ingresses?: readonly Ingress[];
  compressions?: readonly Compression[];
  isPlainHttp2On?: boolean;
} = {}) {
  let nowMs = 0;
  const endpoints: FakeSide<OutgoingEvents>[] = [];
  const engine = new Engine({
    connect: () => (_, events) => {
      const side = sideOf(new FakeConnection(), events);
      endpoints.push(side);
      return side.connection;
    },
    clockMs: () => nowMs,
    wallMs: () => 0,
    soon: (run) => run(),
    limits,
    compressions,
    isPlainHttp2On,
    readUnacknowledged: () => {
      looks.push(nowMs);
      return Promise.resolve(new Map());
    },
  });
  engine.useRoutes(
    buildRoutes(routingSnapshot({ ingresses, services: [serviceOf("s")], slices: slicesOf("s", [80]) })),
  );
  return {
    engine,
    /** In the order in which they were opened; none is connected before the test says so. */
    endpoints,
    accept: () => {
      const connection = new FakeConnection();
      return sideOf(connection, engine.accept(connection));
    },
    /** Lets so much time pass, a tick after the other. */
    pass(seconds: number): void {
      for (let passedMs = 0; passedMs < seconds * 1_000; passedMs += TICK_MS) {
        nowMs += TICK_MS;
        engine.tick();
      }
    },
  };
}

function sideOf<Events extends ConnectionEvents>(connection: FakeConnection, events: Events): FakeSide<Events> {
  return { connection, events, say: (text) => void events.onData(Buffer.from(text, "latin1"), 0, text.length) };
}
