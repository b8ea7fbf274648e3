import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { documentClient } from "#ingress/auth/document-client.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { isReachableAddress } from "#ingress/names/reachable-address.ts";
import { serveDocument } from "#test/support/jwks-server.ts";

function clientWith(isReachable: (address: string) => boolean = () => true) {
  const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  const lookup = hostResolver({ resolve, isReachable, clockMs: () => performance.now() });
  return documentClient({ lookup, isReachable, maxBytes: 1_000, answerMs: 300 });
}

const urlTo = (port: number, host = "id.test") => ({ scheme: "http" as const, host, port, target: "/keys" });

describe("documentClient()", () => {
  it.each<[string, (response: ServerResponse) => void, unknown]>([
    ["gives a document", (response) => response.end("text"), { kind: "document", text: "text", forMs: undefined }],
    [
      "says how long it may be used",
      (response) => response.setHeader("Cache-Control", 'public, max-age="90", must-revalidate').end("a"),
      { kind: "document", text: "a", forMs: 90_000 },
    ],
    [
      "says that it may not be kept",
      (response) => response.setHeader("Cache-Control", "no-store, max-age=90").end("a"),
      { kind: "document", text: "a", forMs: 0 },
    ],
    ["fails at another status", (response) => response.writeHead(500).end("{}"), /answered 500/],
    ["follows no redirect", (response) => response.writeHead(302, { location: "/other" }).end(), /answered 302/],
    ["reads no more than its limit", (response) => response.end("x".repeat(1_001)), /more than 1000 bytes/],
    ["waits no longer than its limit", () => undefined, /no whole answer in 300 ms/],
    ["waits no longer for the rest", (response) => response.writeHead(200).write("{"), /no whole answer in 300 ms/],
    ["fails where the rest does not come", (response) => breakOff(response), /aborted|hang up/],
  ])("%s", async (_name, answer, expected) => {
    await using server = await serveDocument("");
    server.answer = answer;
    const found = await clientWith()(urlTo(server.port));
    if (expected instanceof RegExp) expect(found).toEqual({ kind: "failed", why: expect.stringMatching(expected) });
    else expect(found).toEqual(expected);
  });

  it.each(["127.0.0.1", "id.test", "::1"])("asks nothing of %s where loopback may not be asked", async (host) => {
    await using server = await serveDocument("");
    const found = await clientWith(isReachableAddress)(urlTo(server.port, host));
    expect([found.kind, server.asked()]).toEqual(["failed", 0]);
  });

  it("fails where no server is", async () => {
    const server = await serveDocument("");
    await server[Symbol.asyncDispose]();
    expect(await clientWith()(urlTo(server.port))).toMatchObject({ kind: "failed" });
  });
});

/** Half of an answer, and the end of the connection. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { "content-length": "100" });
  response.write("{", () => response.destroy());
}
