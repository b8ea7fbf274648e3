import { describe, expect, it } from "vitest";
import { Engine } from "#ingress/engine/engine.ts";
import type { AcceptedEvents, Connection, OutgoingEvents } from "#ingress/io/connection.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { serviceOf, slicesOf } from "#test/support/ingress-objects.ts";
import { passingIngress } from "#test/support/passing-proxy.ts";

const BYTES = Buffer.from("bytes");

/** A connection whose other end takes nothing until it is told to. */
function connection() {
  const one = { takes: true, done: [] as string[] };
  const act = (name: string) => () => void one.done.push(name);
  const io: Connection = {
    remoteAddress: "192.0.2.1",
    localPort: 443,
    isSecure: false,
    get queuedBytes() {
      return one.takes ? 0 : BYTES.length;
    },
    send: () => one.takes,
    pause: () => undefined,
    resume: () => undefined,
    end: () => one.takes,
    finish: act("finish"),
    close: act("close"),
    abort: act("abort"),
  };
  return Object.assign(one, { io });
}

/** A connection that is passed on, whose two ends are played by hand, and the clock of which is turned by hand. */
function passed() {
  const clock = { ms: 1_000 };
  const [client, endpoint] = [connection(), connection()];
  let toEngine: OutgoingEvents | undefined;
  const engine = new Engine({
    connect: () => (_place, events) => {
      toEngine = events;
      return endpoint.io;
    },
    clockMs: () => clock.ms,
    wallMs: () => 0,
    limits: { clientGapMs: 5_000, endpointGapMs: 7_000 },
  });
  const table = routingSnapshot({
    ingresses: [passingIngress()],
    services: [serviceOf("p")],
    slices: slicesOf("p", [1]),
  });
  engine.useRoutes(buildRoutes(table));
  const fromClient: AcceptedEvents = engine.acceptUnread("pass.com")!(client.io);
  fromClient.onData(BYTES, 0, BYTES.length);
  toEngine!.onConnect();
  return {
    engine,
    client,
    endpoint,
    fromClient,
    fromEndpoint: toEngine!,
    after(ms: number): void {
      clock.ms += ms;
      engine.tick();
    },
  };
}

describe("a connection that is passed on", () => {
  it("lasts until a client that has ended took all, and no longer than a client may take nothing", () => {
    const { client, endpoint, fromClient, fromEndpoint, engine, after } = passed();
    client.takes = false;
    fromClient.onEnd();
    fromEndpoint.onData(BYTES, 0, BYTES.length);
    fromEndpoint.onEnd();
    fromEndpoint.onClose(undefined);
    expect(client.done).toEqual([]);
    after(4_999);
    expect(client.done).toEqual([]);
    after(1);
    expect([client.done, endpoint.done]).toEqual([["abort"], []]);
    fromClient.onClose(undefined);
    expect(engine.counters.openConnections).toBe(0);
  });

  it.each([undefined, Object.assign(new Error("reset"), { code: "ECONNRESET" })])(
    "gives the client all that an endpoint has sent before its end, whatever that does then: %s",
    (error) => {
      const { client, fromClient, fromEndpoint, engine } = passed();
      client.takes = false;
      fromEndpoint.onData(BYTES, 0, BYTES.length);
      fromEndpoint.onEnd();
      fromEndpoint.onClose(error);
      expect(client.done).toEqual([]);
      client.takes = true;
      fromClient.onDrain();
      expect(client.done).toEqual(["finish"]);
      fromClient.onClose(undefined);
      expect(engine.counters.openConnections).toBe(0);
    },
  );

  it("can be given up, and closed with the program, while a client has not taken all", () => {
    for (const act of ["giveUp", "close"] as const) {
      const { client, fromClient, fromEndpoint, engine } = passed();
      client.takes = false;
      fromClient.onEnd();
      fromEndpoint.onData(BYTES, 0, BYTES.length);
      fromEndpoint.onEnd();
      fromEndpoint.onClose(undefined);
      if (act === "close") engine.close();
      else (fromClient as unknown as { giveUp(): void }).giveUp();
      expect(client.done).toEqual(["abort"]);
    }
  });

  it("lasts until an endpoint took all that a client has sent before its end, and no longer than that may take nothing", () => {
    const { endpoint, fromClient, fromEndpoint, engine, after } = passed();
    endpoint.takes = false;
    fromClient.onData(BYTES, 0, BYTES.length);
    fromClient.onEnd();
    fromEndpoint.onEnd();
    fromClient.onClose(undefined);
    after(6_999);
    expect([endpoint.done, engine.counters.openConnections]).toEqual([[], 1]);
    after(1);
    expect([endpoint.done, engine.counters.openConnections]).toEqual([["abort"], 0]);
  });

  it("ends for an endpoint as for the client: a reset is no proper end, though the endpoint has ended its own side", () => {
    const reset = passed();
    reset.fromEndpoint.onEnd();
    reset.fromClient.onClose(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
    expect(reset.endpoint.done).toEqual(["abort"]);
    const proper = passed();
    proper.fromEndpoint.onEnd();
    proper.fromClient.onEnd();
    proper.fromClient.onClose(undefined);
    expect(proper.endpoint.done).toEqual(["finish"]);
  });
});
