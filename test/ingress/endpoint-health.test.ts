import { createServer } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Acknowledgement } from "#src/linux/acknowledgement.ts";
import { readUnacknowledged } from "#src/linux/unacknowledged.ts";
import { SilenceWatch } from "#ingress/engine/endpoints/silence-watch.ts";
import { until } from "#lab/rack/until.ts";
import { Balancer } from "#ingress/engine/endpoints/balancer.ts";
import { getSharded } from "#src/routing/sharded-map.ts";
import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";
import type { Io } from "#ingress/io/io.ts";
import { defaultIo } from "#test/support/test-io.ts";
import { blackHole } from "#test/support/black-hole.ts";
import { engineByHand } from "#test/support/engine-by-hand.ts";
import {
  answering,
  ask,
  type Client,
  closedPort,
  listen,
  okWith,
  openClient,
  type Proxy,
  startProxy,
  startEndpoint,
  statusOf,
} from "#test/support/ingress-proxy.ts";

function backendOf(count: number): Backend {
  const endpoints = Array.from({ length: count }, (_, index) => ({
    key: `pod-${index}`,
    address: `192.0.2.${index + 1}`,
    port: 80,
  }));
  return { key: "shop/web:80", host: "web.shop", endpoints };
}

/** A balancer whose clock stands until it is told. */
function balance(count: number) {
  const backend = backendOf(count);
  const world = { nowMs: 1_000 };
  const trials: BackendEndpoint[] = [];
  const balancer = new Balancer(
    () => world.nowMs,
    (endpoint) => trials.push(endpoint),
  );
  const at = (index: number): BackendEndpoint => backend.endpoints[index]!;
  const fail = (index: number, times = 1): void => {
    for (let done = 0; done < times; done++) balancer.health.onFailure(at(index), backend.endpoints, false);
  };
  /** The endpoints of the next picks, by index. */
  const picks = (times: number): readonly number[] =>
    Array.from({ length: times }, () => backend.endpoints.indexOf(balancer.next(backend)));
  return { world, balancer, backend, trials, at, fail, picks };
}

describe("an endpoint that cannot be connected to", () => {
  it("is picked after one failure, and passed over after two in a row", () => {
    const { fail, picks } = balance(3);
    fail(1);
    expect(picks(3)).toEqual([0, 1, 2]);
    fail(1);
    expect(picks(4)).toEqual([0, 2, 0, 2]);
  });

  it("is not passed over where a connection between the failures was opened", () => {
    const { balancer, at, fail, picks } = balance(2);
    fail(1);
    balancer.health.onSuccess(at(1));
    fail(1);
    expect(picks(2)).toEqual([0, 1]);
  });

  it("I7 is tried first where an idle connection to it died", () => {
    const { balancer, trials, at, picks } = balance(2);
    balancer.health.onIdleDeath(at(1));
    expect(picks(4)).toEqual([0, 0, 0, 0]);
    expect(trials).toEqual([at(1)]);
    balancer.health.onSuccess(at(1));
    expect(picks(4).filter((index) => index === 1)).toHaveLength(2);
  });

  it("I7 is tried once when its time is over, without a request, and gets its turns once that went well", () => {
    const { world, balancer, trials, at, fail, picks } = balance(2);
    fail(1, 2);
    world.nowMs += 4_999;
    expect(picks(4)).toEqual([0, 0, 0, 0]);
    expect(trials).toEqual([]);
    world.nowMs += 1;
    expect(picks(4)).toEqual([0, 0, 0, 0]);
    expect(trials).toEqual([at(1)]);
    balancer.health.onSuccess(at(1));
    expect(picks(4).filter((index) => index === 1)).toHaveLength(2);
    expect(balancer.health.isClear).toBe(true);
  });

  it("is passed over for twice as long each time, up to a minute", () => {
    const { world, balancer, trials, at, fail, picks } = balance(2);
    const times: number[] = [];
    fail(1, 2);
    for (let round = 0; round < 6; round++) {
      const startMs = world.nowMs;
      while (balancer.health.isEjected(at(1))) world.nowMs += 1_000;
      times.push(world.nowMs - startMs);
      picks(2);
      expect(trials).toHaveLength(round + 1);
      fail(1);
    }
    expect(times).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("counts once for requests that failed together", () => {
    const { world, balancer, at, fail } = balance(2);
    fail(1, 50);
    expect(balancer.health.ejections).toBe(1);
    world.nowMs += 5_000;
    expect(balancer.health.isEjected(at(1))).toBe(false);
  });

  it.each([
    { endpoints: 1, ejected: 0 },
    { endpoints: 2, ejected: 1 },
    { endpoints: 3, ejected: 1 },
    { endpoints: 10, ejected: 5 },
  ])("is one of at most $ejected of $endpoints", ({ endpoints, ejected }) => {
    const { balancer, fail } = balance(endpoints);
    for (let index = 0; index < endpoints; index++) fail(index, 3);
    expect(balancer.health.ejectedCount).toBe(ejected);
  });

  it("is asked again where so many others went that it is most of what is left", () => {
    const { balancer, backend, at, fail } = balance(4);
    fail(0, 2);
    fail(1, 2);
    const left = { ...backend, endpoints: [at(0), at(1), at(2)] };
    const picked = new Set(Array.from({ length: 6 }, () => balancer.next(left).key));
    expect(picked).toEqual(new Set(["pod-0", "pod-1", "pod-2"]));
  });

  it("is tried by a request that every other endpoint has failed", () => {
    const { balancer, backend, at, fail } = balance(3);
    fail(0, 2);
    expect(balancer.next(backend, [at(1), at(2)])).toBe(at(0));
    expect(balancer.health.isEjected(at(0))).toBe(true);
  });

  it("is forgotten when it has not failed for long, because it may be gone: each request asks while there are any", () => {
    const { backend, balancer, world } = balance(4);
    const { health } = balancer;
    health.onFailure(backend.endpoints[0]!, backend.endpoints, true);
    world.nowMs += 300_000;
    health.onFailure(backend.endpoints[1]!, backend.endpoints, true);
    world.nowMs += 300_000;
    health.forgetOld();
    expect(backend.endpoints.map((endpoint) => health.isOut(endpoint))).toEqual([false, true, false, false]);
    expect(health.isClear).toBe(false);
    world.nowMs += 300_000;
    health.forgetOld();
    expect(health.isClear).toBe(true);
  });

  it("is forgotten by an engine at work", () => {
    const { engine, pass } = engineByHand();
    const { endpoints } = backendOf(2);
    engine.balancer.health.onFailure(endpoints[0]!, endpoints, true);
    pass(590);
    expect(engine.balancer.health.isClear).toBe(false);
    pass(20);
    expect(engine.balancer.health.isClear).toBe(true);
  });

  it("forgets the oldest failures beyond its bound", () => {
    const { balancer } = balance(2);
    const { endpoints } = backendOf(5_000);
    for (const [index, endpoint] of endpoints.entries())
      for (let times = 0; times < 2; times++)
        balancer.health.onFailure(endpoint, [endpoint, endpoints[(index + 1) % endpoints.length]!], false);
    expect(balancer.health.ejectedCount).toBeLessThanOrEqual(4_096);
    expect(balancer.health.isEjected(endpoints[0]!)).toBe(false);
  });
});

const CLOSING = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

describe("on real sockets", () => {
  it("a port that refuses costs two connection attempts, not one in each turn", async () => {
    await using good = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [await closedPort(), good.port] });
    for (let request = 0; request < 40; request++) expect(statusOf(await ask(proxy.port, CLOSING))).toBe(200);
    const { counters, balancer } = proxy.engine;
    // Two put it out; on a machine that is slow its time may be over before the last request, and each trial fails once.
    expect(counters.endpointFailures[0]).toBe(balancer.health.ejections + 1);
    expect(balancer.health.ejections).toBeLessThan(10);
  });

  it("I7 a black hole costs one timeout, not one in each turn", async () => {
    await using hole = await blackHole();
    await using good = await startEndpoint(answering("ok"));
    await using proxy = await startProxy({ s: [good.port] }, { limits: { connectMs: 200 } });
    const { counters, balancer } = proxy.engine;
    // From now on its connection is idle, so that a slow machine takes no time to open it.
    await expect.poll(async () => statusOf(await ask(proxy.port, CLOSING)), { timeout: 30_000 }).toBe(200);
    const failedBefore = counters.endpointFailures[1]!;
    proxy.setEndpoints({ s: [hole.port, good.port] });
    for (let request = 0; request < 20; request++) expect(statusOf(await ask(proxy.port, CLOSING))).toBe(200);
    await until("its trial to fail", async () => {
      expect(statusOf(await ask(proxy.port, CLOSING))).toBe(200);
      return balancer.health.ejections > 0;
    });
    expect(counters.endpointFailures[1]! - failedBefore).toBe(1);
  });

  it("I7 its trial takes a new connection, whatever is idle, and no request waits for it", async () => {
    await using good = await startEndpoint(answering("good"));
    const kept: Socket[] = [];
    const dying = createTcpServer((socket) => {
      kept.push(socket);
      socket.on("data", () => socket.write(okWith("dying")));
    });
    const port = await listen(dying);
    await using proxy = await startProxy({ s: [port, good.port] });
    const { routes, balancer, counters } = proxy.engine;
    const { endpoints } = getSharded(routes.backends, "default/s:80")!;
    const dies = endpoints.find((endpoint) => endpoint.port === port)!;
    const answers = [await ask(proxy.port, CLOSING), await ask(proxy.port, CLOSING)];
    expect(answers.map((text) => text.slice(text.indexOf("\r\n\r\n") + 4)).sort()).toEqual(["dying", "good"]);
    // It takes no connections any more, and answers on the one that is idle.
    dying.close();
    for (let times = 0; times < 2; times++) balancer.health.onFailure(dies, endpoints, false);
    await expect
      .poll(
        async () => {
          expect((await ask(proxy.port, CLOSING)).endsWith("good")).toBe(true);
          return balancer.health.ejections;
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(2);
    expect(counters.endpointFailures[0]).toBe(0);
    expect(kept.map(({ closed }) => closed)).toEqual([false]);
    for (const socket of kept) socket.destroy();
  });

  it("an endpoint that comes back is used again", async () => {
    await using good = await startEndpoint(answering("good"));
    const port = await closedPort();
    await using proxy = await startProxy({ s: [port, good.port] });
    for (let request = 0; request < 6; request++) await ask(proxy.port, CLOSING);
    expect(proxy.engine.balancer.health.ejectedCount).toBe(1);
    const server = createServer((_, response) => response.end("back"));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await expect
      .poll(async () => (await ask(proxy.port, CLOSING)).endsWith("back"), { timeout: 30_000, interval: 50 })
      .toBe(true);
    expect(proxy.engine.balancer.health.isClear).toBe(true);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

/** Connections to endpoints of which the kernel says this, by port; by default nothing. */
const hearingOf = (said: (port: number) => Acknowledgement | undefined): Io => ({
  ...defaultIo,
  connect: (buffers) => {
    const connect = defaultIo.connect(buffers);
    return (to, events, secure) => Object.assign(connect(to, events, secure), { acknowledgement: () => said(to.port) });
  },
});

describe("I7 an endpoint whose kernel has not heard", () => {
  const UNHEARD: Acknowledgement = {
    isConnecting: false,
    isWhole: false,
    sentMs: 150,
    timesSentAgain: 0,
    silentMs: 150,
    roundTripMs: 1,
  };

  it("loses no request that may be sent twice, which does not wait for what the kernel's table says; two such make it dead", async () => {
    await using dead = await startEndpoint(() => undefined);
    await using good = await startEndpoint(answering("good"));
    const io = hearingOf((port) => (port === dead.port ? UNHEARD : undefined));
    await using proxy = await startProxy({ s: [dead.port, good.port] }, { io });
    const { balancer, counters } = proxy.engine;
    const [one, two] = [ask(proxy.port, CLOSING), ask(proxy.port, CLOSING)];
    expect([statusOf(await one), statusOf(await two)]).toEqual([200, 200]);
    expect([counters.retries, balancer.health.ejections, dead.connections.length]).toEqual([1, 0, 1]);
    // Now it is tried before a request goes there, and takes the connection; its kernel hears nothing of the next requests.
    await until("it to be taken for well", async () => {
      expect(statusOf(await ask(proxy.port, CLOSING))).toBe(200);
      return balancer.health.isClear;
    });
    const asked = await Promise.all(Array.from({ length: 8 }, () => ask(proxy.port, CLOSING)));
    expect(asked.map(statusOf)).toEqual(Array.from({ length: 8 }, () => 200));
    expect([balancer.health.ejections, balancer.health.ejectedCount]).toEqual([1, 1]);
  });

  it("has requests that it had heard sent elsewhere, too, when it turns out dead", async () => {
    await using dead = await startEndpoint(() => undefined);
    await using good = await startEndpoint(answering("good"));
    let heard = 0;
    // The first request was acknowledged before it died.
    const said = (port: number): Acknowledgement | undefined =>
      port === dead.port ? { ...UNHEARD, isWhole: (heard += 1) === 1 } : undefined;
    await using proxy = await startProxy({ s: [dead.port, good.port] }, { io: hearingOf(said) });
    const first = Promise.all([ask(proxy.port, CLOSING), ask(proxy.port, CLOSING)]);
    await until("the first to be heard", () => heard === 1);
    const asked = [...(await Promise.all(Array.from({ length: 8 }, () => ask(proxy.port, CLOSING)))), ...(await first)];
    expect(asked.map(statusOf)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(proxy.engine.balancer.health.ejections).toBe(1);
  });

  it("keeps requests that it had heard and that may have changed something, also when it seems dead", async () => {
    await using dead = await startEndpoint((socket) => void setTimeout(() => socket.write(okWith("late")), 1_500));
    await using good = await startEndpoint(answering("good"));
    let heard = 0;
    const said = (port: number): Acknowledgement | undefined =>
      port === dead.port ? { ...UNHEARD, isWhole: (heard += 1) === 1 } : undefined;
    await using proxy = await startProxy({ s: [dead.port, good.port] }, { io: hearingOf(said) });
    const deleting = CLOSING.replace("GET", "DELETE");
    const first = Promise.all([ask(proxy.port, deleting), ask(proxy.port, deleting)]);
    await until("the first to be heard", () => heard === 1);
    const asked = await Promise.all(Array.from({ length: 8 }, () => ask(proxy.port, CLOSING)));
    expect(asked.map(statusOf)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(proxy.engine.balancer.health.ejections).toBe(1);
    const bodies = (await first).map((text) => text.slice(text.indexOf("\r\n\r\n") + 4));
    expect(bodies.toSorted()).toEqual(["good", "late"]);
  });

  it("keeps what may not be sent twice, and is only tried", async () => {
    await using late = await startEndpoint((socket) => void setTimeout(() => socket.write(okWith("late")), 600));
    await using good = await startEndpoint(answering("good"));
    const io = hearingOf((port) => (port === late.port ? UNHEARD : undefined));
    await using proxy = await startProxy({ s: [late.port, good.port] }, { io });
    const post = "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    const answers = await Promise.all([ask(proxy.port, post), ask(proxy.port, post)]);
    expect(answers.map((text) => text.slice(text.indexOf("\r\n\r\n") + 4)).sort()).toEqual(["good", "late"]);
    expect([proxy.engine.counters.retries, proxy.engine.balancer.health.ejections]).toEqual([0, 0]);
  });

  it("costs a request of any method nothing where there is no answer to what asks for a connection", async () => {
    await using hole = await blackHole();
    await using good = await startEndpoint(answering("good"));
    await using proxy = await startProxy({ s: [hole.port, good.port] }, { limits: { connectMs: 100_000 } });
    const post = "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(proxy.port, post)));
    expect(answers.map(statusOf)).toEqual([200, 200, 200, 200]);
    expect(good.connections).toHaveLength(4);
  });
});

describe("I7 an endpoint that is silent", () => {
  const untold = hearingOf(() => undefined);
  /** As the kernel would tell of connections to this port. */
  const silentTo = (proxy: Proxy, port: number, timesSentAgain: number) =>
    Object.assign(proxy.engine, {
      silenceWatch: new SilenceWatch(
        async () => ({ get: (key: string) => (key.endsWith(` ${port}`) ? timesSentAgain : undefined) }) as never,
        () => proxy.engine.nowMs,
      ),
    });

  it("costs no request that may be sent twice, its body included, and none of its idle connections is used again", async () => {
    await using dead = await startEndpoint((socket, text) => text.includes("/warm") && socket.write(okWith("warm")));
    await using good = await startEndpoint((socket, text) => /warm|dy$/.test(text) && socket.write(okWith("good")));
    await using proxy = await startProxy({ s: [dead.port, good.port] }, { io: untold });
    const warm = "GET /warm HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
    await Promise.all(Array.from({ length: 8 }, () => ask(proxy.port, warm)));
    expect(dead.connections.length).toBeGreaterThan(1);
    silentTo(proxy, dead.port, 3);
    const put = (client: Client) => {
      client.send("PUT / HTTP/1.1\r\nHost: a.com\r\nContent-Length: 4\r\n\r\nbo");
      return until("a byte to be there", () => (dead.received() + good.received()).includes("PUT")).then(() =>
        client.send("dy"),
      );
    };
    using one = openClient(proxy.port);
    using two = openClient(proxy.port);
    await Promise.all([put(one), put(two)]);
    expect(statusOf(await one.until((text) => text.endsWith("good")))).toBe(200);
    expect(statusOf(await two.until((text) => text.endsWith("good")))).toBe(200);
    await until("the idle connections to be closed", () => dead.connections.every(({ closed }) => closed));
    expect(proxy.engine.balancer.health.ejectedCount).toBe(1);
    expect(proxy.engine.counters.retries).toBe(1);
  });

  it("gets back no request that may not be sent twice, and it is answered 504", async () => {
    await using dead = await startEndpoint(() => undefined);
    await using good = await startEndpoint(answering("good"));
    await using proxy = await startProxy({ s: [dead.port, good.port] }, { io: untold });
    silentTo(proxy, dead.port, 6);
    const post = "POST / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    const statuses = await Promise.all(
      [ask(proxy.port, post), ask(proxy.port, post)].map(async (text) => statusOf(await text)),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 504]));
    expect(good.connections).toHaveLength(1);
  });

  it.each([
    [
      "is only slow",
      (proxy: Proxy) =>
        Object.assign(proxy.engine, { silenceWatch: new SilenceWatch(readUnacknowledged, () => proxy.engine.nowMs) }),
    ],
    ["has not acknowledged for a moment", (proxy: Proxy, port: number) => silentTo(proxy, port, 2)],
  ])("keeps its request where it %s", async (_name, watch) => {
    await using slow = await startEndpoint((socket) => void setTimeout(() => socket.write(okWith("slow")), 3_000));
    await using other = await startEndpoint(answering("other"));
    await using proxy = await startProxy({ s: [slow.port, other.port] });
    watch(proxy, slow.port);
    const get = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
    const answers = await Promise.all([ask(proxy.port, get), ask(proxy.port, get)]);
    expect(answers.map((text) => text.slice(text.indexOf("\r\n\r\n") + 4)).sort()).toEqual(["other", "slow"]);
    expect(proxy.engine.counters.retries).toBe(0);
  });
});
