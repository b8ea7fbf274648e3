import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { boundedFetch, type BoundedFetchOptions, NoAnswer } from "#ingress/auth/bounded-fetch.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";

const times = { fromMs: Date.now() - 1_000_000, toMs: Date.now() + 1_000_000 } as const;
const authority = issueCertificate({ ...times, keyType: "ec", commonName: "authority", isAuthority: true });
const leaf = issueCertificate({
  ...times,
  keyType: "ec",
  commonName: "id.test",
  issuer: authority,
  names: ["id.test"],
});

/** A server that answers so, and a client of it. */
async function start(
  answer: (response: ServerResponse, body: string) => void,
  options: Partial<BoundedFetchOptions> = {},
) {
  const server = createServer({ cert: leaf.certificatePem, key: leaf.privateKeyPem }, (request, response) => {
    let body = "";
    request.on("data", (text: Buffer) => (body += text.toString()));
    request.on("end", () => answer(response, `${request.method} ${request.url} ${body}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const isReachable = options.isReachable ?? (() => true);
  const lookup = hostResolver({
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    isReachable,
    clockMs: () => performance.now(),
  });
  const { port } = server.address() as AddressInfo;
  const fetch = boundedFetch({ lookup, isReachable, caPem: authority.certificatePem, ...options });
  return {
    get: (path = "/", host = "id.test") => fetch(`https://${host}:${port}${path}`, { method: "GET", headers: {} }),
    post: (body: unknown) => fetch(`https://id.test:${port}/token`, { method: "POST", headers: {}, body }),
    plain: () => fetch(`http://id.test:${port}/`, { method: "GET", headers: {} }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const ECHO = (response: ServerResponse, body: string) => response.end(body);

describe("boundedFetch()", () => {
  it("sends a body and gives the whole answer", async () => {
    await using server = await start((response, body) => response.writeHead(201, { "X-A": "b" }).end(body));
    const answer = await server.post(new URLSearchParams({ code: "a b" }));
    expect([answer.status, answer.headers.get("x-a"), await answer.text()]).toEqual([201, "b", "POST /token code=a+b"]);
    expect(await (await server.get("/a?b=c")).text()).toBe("GET /a?b=c ");
  });

  it("follows no redirect", async () => {
    await using server = await start((response) =>
      response.writeHead(302, { Location: "https://169.254.169.254/" }).end(),
    );
    expect((await server.get()).status).toBe(302);
  });

  it.each<{
    of: string;
    answer?: (response: ServerResponse) => void;
    options?: Partial<BoundedFetchOptions>;
    why: RegExp;
  }>([
    {
      of: "an address that may not be asked",
      options: { isReachable: () => false },
      why: /no address that may be asked/,
    },
    {
      of: "a certificate of another authority",
      options: { caPem: undefined },
      why: /self-signed certificate|unable to verify/,
    },
    {
      of: "an answer that does not come",
      answer: () => undefined,
      options: { answerMs: 50 },
      why: /no whole answer in 50 ms/,
    },
    {
      of: "an answer that does not end",
      answer: (response) => response.write("a"),
      options: { answerMs: 50 },
      why: /no whole answer/,
    },
    {
      of: "an answer that is too long",
      answer: (response) => response.end("a".repeat(300_000)),
      why: /more than 262144 bytes/,
    },
    {
      of: "a head that is too long",
      answer: (response) => response.writeHead(200, { "X-A": "a".repeat(20_000) }).end(),
      why: /overflow/,
    },
    {
      of: "a connection that ends in the middle",
      answer: (response) => response.write("a", () => response.destroy()),
      why: /aborted|closed|reset|hang up/,
    },
  ])("rejects where there is $of", async ({ answer = ECHO, options = {}, why }) => {
    await using server = await start(answer, options);
    const failure: unknown = await server.get().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(NoAnswer);
    expect((failure as NoAnswer).message).toMatch(why);
  });

  it("asks neither an address that may not be asked, though it needs no name, nor without TLS", async () => {
    await using server = await start(ECHO, { isReachable: () => false });
    await expect(server.get("/", "127.0.0.1")).rejects.toThrow("127.0.0.1 may not be asked");
    await expect(server.get("/", "[::1]")).rejects.toThrow("::1 may not be asked");
    await expect(server.plain()).rejects.toThrow("not an https URL");
  });
});
