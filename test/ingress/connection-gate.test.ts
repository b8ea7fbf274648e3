import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import { until } from "#lab/rack/until.ts";
import { answering, openClient, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";

/** A connection for the gate that notes its end. */
function fakeSocket() {
  const socket = { isDestroyed: false, destroy: () => (socket.isDestroyed = true) };
  return socket as unknown as Socket & { readonly isDestroyed: boolean };
}

describe("ConnectionGate", () => {
  it("H10 the longest idle gives way: requests make a connection younger, and one under way keeps it", () => {
    const gate = new ConnectionGate({ connections: 4, connectionsPerAddress: 0 });
    const sockets = Array.from({ length: 4 }, fakeSocket);
    const admissions = sockets.map((socket, index) => gate.admit(socket, `192.0.2.${index}`)!);
    const isDestroyed = () => sockets.map((socket) => socket.isDestroyed);
    admissions[0]!.occupant = { mayGiveWay: false, requestCount: 1 };
    admissions[1]!.occupant = { mayGiveWay: true, requestCount: 3 };
    admissions[2]!.occupant = { mayGiveWay: true, requestCount: 0 };
    expect(gate.admit(fakeSocket(), "192.0.2.9")).toBeDefined();
    expect(isDestroyed()).toEqual([false, false, true, false]);
    expect(gate.admit(fakeSocket(), "192.0.2.9")).toBeDefined();
    expect(isDestroyed()).toEqual([false, false, true, true]);
    expect(gate.admit(fakeSocket(), "192.0.2.9")).toBeDefined();
    expect(isDestroyed()).toEqual([false, true, true, true]);
    expect([gate.size, gate.displaced, gate.refused]).toEqual([4, 3, 0]);
  });

  it("H10 where none is idle the new one is refused, and counted", () => {
    const gate = new ConnectionGate({ connections: 2, connectionsPerAddress: 0 });
    const busy = { mayGiveWay: false, requestCount: 1 };
    for (const address of ["192.0.2.1", "192.0.2.2"]) gate.admit(fakeSocket(), address)!.occupant = busy;
    expect(gate.admit(fakeSocket(), "192.0.2.3")).toBeUndefined();
    expect([gate.size, gate.displaced, gate.refused]).toEqual([2, 0, 1]);
  });

  it("H10 an address beyond its own bound displaces only its own", () => {
    const gate = new ConnectionGate({ connections: 100, connectionsPerAddress: 2 });
    const other = fakeSocket();
    gate.admit(other, "192.0.2.1");
    const sockets = Array.from({ length: 50 }, fakeSocket);
    for (const socket of sockets) gate.admit(socket, "192.0.2.2");
    expect([other.isDestroyed, sockets.filter((socket) => !socket.isDestroyed).length]).toEqual([false, 2]);
    expect([gate.size, gate.displaced]).toEqual([3, 48]);
  });

  it("H10 looks at few where all are busy, because looking at all each time would leave no time for requests", () => {
    let looks = 0;
    let nowMs = 0;
    const busy = {
      get mayGiveWay() {
        looks += 1;
        nowMs += 0.001;
        return false;
      },
      requestCount: 1,
    };
    const gate = new ConnectionGate({ connections: 10_000, connectionsPerAddress: 0 }, () => nowMs);
    for (let count = 0; count < 10_000; count++) gate.admit(fakeSocket(), "192.0.2.1")!.occupant = busy;
    for (let count = 0; count < 100; count++) expect(gate.admit(fakeSocket(), "192.0.2.2")).toBeUndefined();
    expect(looks).toBeLessThan(20_000);
    expect(gate.refused).toBe(100);
  });

  it("H10 finds the one that is idle among very many busy ones", () => {
    const gate = new ConnectionGate({ connections: 10_000, connectionsPerAddress: 0 });
    const busy = { mayGiveWay: false, requestCount: 1 };
    const idle = fakeSocket();
    for (let count = 0; count < 10_000; count++) {
      const isIdle = count === 7_000;
      const admission = gate.admit(isIdle ? idle : fakeSocket(), "192.0.2.1");
      admission!.occupant = isIdle ? { mayGiveWay: true, requestCount: 1 } : busy;
    }
    expect(gate.admit(fakeSocket(), "192.0.2.2")).toBeDefined();
    expect(idle.isDestroyed).toBe(true);
  });

  it("H10 forgets all of what left", () => {
    const gate = new ConnectionGate({ connections: 2, connectionsPerAddress: 1 });
    for (let count = 0; count < 10; count++) gate.leave(gate.admit(fakeSocket(), "192.0.2.1")!);
    expect([gate.size, gate.displaced, gate.refused]).toEqual([0, 0, 0]);
  });
});

describe("the proxy at its bound of connections", () => {
  it("H10 serves a new client, and goes on with one that has a request under way", async () => {
    await using endpoint = await startEndpoint((socket, text) => {
      if (text.includes("GET /now")) answering("now")(socket, text);
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { limits: { connections: 10 } });
    using waiting = openClient(proxy.port);
    waiting.send("GET /later HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await until("the request to arrive", () => endpoint.received().includes("/later"));
    const silent = Array.from({ length: 30 }, () => connect({ port: proxy.port, host: "127.0.0.1" }));
    for (const socket of silent) socket.on("error", () => undefined);
    await until("some to give way", () => proxy.gate.displaced >= 21);
    using client = openClient(proxy.port);
    client.send("GET /now HTTP/1.1\r\nHost: a.com\r\n\r\n");
    await client.until((text) => text.endsWith("now"));
    answering("later")(endpoint.connections[0]!, "\r\n\r\n");
    await waiting.until((text) => text.endsWith("later"));
    expect(proxy.gate.size).toBeLessThanOrEqual(10);
    for (const socket of silent) socket.destroy();
  });
});
