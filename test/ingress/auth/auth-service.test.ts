import { once } from "node:events";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type AuthFailure, authService, type AuthService } from "#ingress/auth/auth-service.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { isReachableAddress } from "#ingress/names/reachable-address.ts";
import type { AuthQuestion } from "#src/auth/auth-question.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]();
});

/** A server of raw bytes on loopback; counts connections. */
async function serve(onRequest: (socket: Socket, text: string) => void) {
  const sockets: Socket[] = [];
  let received = "";
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      received += data.toString("latin1");
      onRequest(socket, data.toString("latin1"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return { port: (server.address() as AddressInfo).port, sockets, received: () => received };
}

function clientWith(
  answerMs: number,
  isReachable: (address: string) => boolean = () => true,
  onFailure?: (failure: AuthFailure) => void,
): AuthService {
  const lookup = hostResolver({
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    isReachable,
    clockMs: () => performance.now(),
  });
  const client = authService({ lookup, isReachable, answerMs, ...(onFailure && { onFailure }) });
  open.push({ [Symbol.dispose]: () => client.close() });
  return client;
}

function questionTo(port: number, more: Partial<AuthQuestion> = {}): AuthQuestion {
  return {
    scheme: "http",
    host: "auth.test",
    port,
    method: "GET",
    target: "/check",
    fields: [["Host", "auth.test"]],
    ...more,
  };
}

describe("authService()", () => {
  it("asks without a body, and gives the answer's head", async () => {
    const server = await serve((socket) =>
      socket.write("HTTP/1.1 202 Accepted\r\nX-User: alice\r\nContent-Length: 2\r\n\r\nok"),
    );
    const outcome = await clientWith(5_000).ask(
      questionTo(server.port, {
        fields: [
          ["Host", "auth.test"],
          ["Cookie", "a=b"],
        ],
      }),
    );
    expect(outcome).toEqual({
      kind: "answer",
      answer: {
        status: 202,
        fields: [
          ["X-User", "alice"],
          ["Content-Length", "2"],
        ],
      },
    });
    expect(server.received()).toMatch(
      /^GET \/check HTTP\/1\.1\r\nHost: auth\.test\r\nCookie: a=b\r\nConnection: keep-alive\r\n\r\n$/,
    );
  });

  it.each([
    { status: 204, whys: [] },
    { status: 401, whys: [] },
    { status: 403, whys: [] },
    { status: 302, whys: ["it answered 302"] },
    { status: 502, whys: ["it answered 502"] },
  ])("reports the status $status as no verdict: $whys", async ({ status, whys }) => {
    const server = await serve((socket) => socket.write(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`));
    const failures: AuthFailure[] = [];
    const client = clientWith(5_000, undefined, (failure) => failures.push(failure));
    expect(await client.ask(questionTo(server.port))).toMatchObject({ answer: { status } });
    expect(failures.map(({ why }) => why)).toEqual(whys);
  });

  it("uses a connection again", async () => {
    const server = await serve((socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"));
    const client = clientWith(5_000);
    for (let count = 0; count < 5; count++)
      expect(await client.ask(questionTo(server.port))).toMatchObject({ answer: { status: 204 } });
    expect(server.sockets).toHaveLength(1);
  });

  it("asks again where a connection that it had used before turns out to be closed", async () => {
    const server = await serve((socket, text) => {
      if (text.includes("/second") && server.sockets.length === 1) socket.resetAndDestroy();
      else socket.write("HTTP/1.1 204 No Content\r\n\r\n");
    });
    const client = clientWith(5_000);
    await client.ask(questionTo(server.port));
    expect(await client.ask(questionTo(server.port, { target: "/second" }))).toMatchObject({ answer: { status: 204 } });
    expect(server.sockets).toHaveLength(2);
  });

  it.each([
    { name: "closes without an answer", answer: (socket: Socket) => socket.end(), kind: "unreachable" },
    { name: "resets", answer: (socket: Socket) => socket.resetAndDestroy(), kind: "unreachable" },
    { name: "answers no HTTP", answer: (socket: Socket) => socket.write("hello\r\n\r\n"), kind: "malformed" },
    { name: "says nothing", answer: () => undefined, kind: "timeout" },
    { name: "sends its head letter by letter", answer: (socket: Socket) => socket.write("H"), kind: "timeout" },
    {
      name: "sends a head without end",
      answer: (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
      kind: "malformed",
    },
    {
      name: "sends very many fields",
      answer: (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\n${"X-Y: z\r\n".repeat(3_000)}\r\n`),
      kind: "malformed",
    },
    {
      name: "ends a line within a value",
      answer: (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\nX-User: a\rX-Admin: 1\r\n\r\n"),
      kind: "malformed",
    },
    {
      name: "folds a line",
      answer: (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\nX-User: a\r\n X-Admin: 1\r\n\r\n"),
      kind: "malformed",
    },
    {
      name: "sends a NUL",
      answer: (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\nX-User: a\0b\r\n\r\n"),
      kind: "malformed",
    },
    {
      name: "changes the protocol",
      answer: (socket: Socket) => socket.write("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
      kind: "malformed",
    },
    {
      name: "is informative and no more",
      answer: (socket: Socket) => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"),
      kind: "timeout",
    },
  ])("a service that $name gives no answer: $kind", async ({ answer, kind }) => {
    const server = await serve(answer);
    expect(await clientWith(kind === "timeout" ? 50 : 5_000).ask(questionTo(server.port))).toEqual({ kind });
  });

  it("gives the answer before its body has come, and does not use a connection again whose body is long", async () => {
    const server = await serve((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n${"x".repeat(100_000)}`),
    );
    const client = clientWith(5_000);
    expect(await client.ask(questionTo(server.port))).toMatchObject({ answer: { status: 200 } });
    expect(await client.ask(questionTo(server.port))).toMatchObject({ answer: { status: 200 } });
    expect(server.sockets).toHaveLength(2);
  });

  it("asks none at an address that may not be asked, by name or as it is written", async () => {
    const server = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    const client = clientWith(5_000, isReachableAddress);
    for (const host of [
      "localhost",
      "rebound.example.com",
      "127.0.0.1",
      "[::1]",
      "::ffff:127.0.0.1",
      "0.0.0.0",
      "169.254.169.254",
    ])
      expect(await client.ask(questionTo(server.port, { host })), host).toEqual({ kind: "unreachable" });
    expect(server.sockets).toHaveLength(0);
  });

  it("does not believe a certificate that no authority has signed, and says why", async () => {
    const { certificatePem: cert, privateKeyPem: key } = issueCertificate({
      commonName: "auth.test",
      names: ["auth.test"],
      keyType: "ec",
      fromMs: Date.now() - 86_400_000,
      toMs: Date.now() + 86_400_000,
    });
    const server = createSecureServer({ cert, key });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push({ [Symbol.dispose]: () => void server.close() });
    const failures: AuthFailure[] = [];
    const client = clientWith(5_000, undefined, (failure) => failures.push(failure));
    const { port } = server.address() as AddressInfo;
    const question = questionTo(port, { scheme: "https", host: "auth.test" });
    expect(await client.ask(question, "shop/web Prefix /")).toEqual({ kind: "unreachable" });
    expect(failures).toEqual([
      {
        place: "shop/web Prefix /",
        service: `https://auth.test:${port}`,
        kind: "unreachable",
        why: "self-signed certificate",
      },
    ]);
  });

  it("sends no target and no field that would be a request of its own", async () => {
    const server = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    const client = clientWith(5_000);
    const fields = [["X", "a\r\nX-Admin: 1"]] as const;
    expect(await client.ask(questionTo(server.port, { fields }))).toEqual({ kind: "malformed" });
    expect(await client.ask(questionTo(server.port, { target: "/a b" }))).toEqual({ kind: "malformed" });
    expect(server.received()).toBe("");
  });
});

describe("isReachableAddress()", () => {
  it.each(["10.96.0.10", "192.168.1.1", "203.0.113.9", "fd00::1", "2001:db8::1", "64:ff9b::192.0.2.1"])(
    "%s: yes",
    (address) => {
      expect(isReachableAddress(address)).toBe(true);
    },
  );

  it.each([
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "fd00:ec2::254",
    "FD00:0ec2:0::0:254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::23",
    "fd20:ce::254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::7f00:1",
    "2002:a9fe:a9fe::1",
    "::127.0.0.1",
    "not an address",
  ])("%s: no", (address) => {
    expect(isReachableAddress(address)).toBe(false);
  });
});

describe("hostResolver()", () => {
  it("asks once for requests that come together, and again after 5 seconds or a failure", async () => {
    let nowMs = 0;
    let asked = 0;
    let isBroken = true;
    const lookup = hostResolver({
      resolve: () => {
        asked += 1;
        return isBroken
          ? Promise.reject(new Error("no answer"))
          : Promise.resolve([{ address: "10.0.0.1", family: 4 }]);
      },
      isReachable: () => true,
      clockMs: () => nowMs,
    });
    const find = () =>
      new Promise((resolve) => lookup("a.test", {}, (error, address) => resolve(error?.message ?? address)));
    expect(await find()).toBe("no answer");
    isBroken = false;
    expect(await Promise.all([find(), find(), find()])).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
    expect(asked).toBe(2);
    nowMs = 5_000;
    await find();
    expect(asked).toBe(3);
  });

  it("asks for a name once at a time, however long that takes", async () => {
    let nowMs = 0;
    const found = Promise.withResolvers<readonly { address: string; family: number }[]>();
    let asked = 0;
    const resolve = () => {
      asked += 1;
      return found.promise;
    };
    const lookup = hostResolver({ resolve, isReachable: () => true, clockMs: () => nowMs });
    const find = () => new Promise((done) => lookup("a.test", {}, (error, address) => done(error?.message ?? address)));
    const first = find();
    nowMs = 60_000;
    const second = find();
    found.resolve([{ address: "10.0.0.1", family: 4 }]);
    expect(await Promise.all([first, second, find()])).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
    expect(asked).toBe(1);
  });
});
