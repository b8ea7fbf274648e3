import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";

/** An answer with a head of about so many KiB, in two pieces. */
function headOf(kib: number): readonly string[] {
  const line = `X-Long: ${"x".repeat(1_014)}\r\n`;
  return ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", `${line.repeat(kib)}\r\npage`];
}

describe("proxy-buffer-size", () => {
  it.each([
    { size: undefined, kib: 31, status: 200 },
    { size: undefined, kib: 33, status: 502 },
    { size: "4k", kib: 31, status: 200 },
    { size: "40k", kib: 39, status: 200 },
    { size: "40k", kib: 41, status: 502 },
    { size: "128k", kib: 47, status: 200 },
    { size: "128k", kib: 49, status: 502 },
  ])("$size, and a head of $kib KiB: $status", async ({ size, kib, status }) => {
    await using endpoint = await startEndpoint((socket) => {
      for (const piece of headOf(kib)) socket.write(piece);
    });
    const ingresses = [
      annotatedIngress(size === undefined ? {} : { "proxy-buffer-size": size }),
      annotatedIngress({}, "other", { path: "/other" }),
    ];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses, limits: { settleMs: 0 } });
    const answer = await ask(proxy.port, GET);
    expect(statusOf(answer)).toBe(status);
    if (status === 200) expect(answer).toMatch(/page$/);
    // The same connection serves a rule that says nothing of it.
    const other = await ask(proxy.port, GET.replace("/ ", "/other "));
    expect(statusOf(other)).toBe(kib < 32 ? 200 : 502);
  });
});
