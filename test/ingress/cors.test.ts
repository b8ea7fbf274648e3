import { describe, expect, it } from "vitest";
import type { AccessControl } from "#ingress/engine/access-control.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const ENABLED = { "enable-cors": "true" };
const SOME = { ...ENABLED, "cors-allow-origin": "https://a.com, https://*.b.com,http://c.com:8080" };
const ALL_SET = {
  ...SOME,
  "cors-allow-methods": "GET, PATCH",
  "cors-allow-headers": "X-One, X-Two",
  "cors-expose-headers": "ETag",
  "cors-allow-credentials": "false",
  "cors-max-age": "600",
};
const DEFAULT_LINES = [
  "Access-Control-Allow-Credentials: true",
  "Access-Control-Allow-Headers: DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
  "Access-Control-Allow-Methods: GET, PUT, POST, DELETE, PATCH, OPTIONS",
  "Access-Control-Max-Age: 1728000",
];
const SET_LINES = [
  "Access-Control-Allow-Headers: X-One, X-Two",
  "Access-Control-Allow-Methods: GET, PATCH",
  "Access-Control-Expose-Headers: ETag",
  "Access-Control-Max-Age: 600",
];
const REQUESTS = ["GET", "OPTIONS"].flatMap((method) =>
  [
    "",
    "https://a.com",
    "HTTPS://A.COM",
    "https://x.b.com",
    "https://x.y.b.com",
    "http://c.com",
    "http://c.com:8080",
    "null",
  ].map((origin) => ({ method, origin })),
);

function requestOf(method: string, origin: string, more = ""): string {
  const line = origin === "" ? "" : `Origin: ${origin}\r\n`;
  return `${method} / HTTP/1.1\r\nHost: a.com\r\n${line}${more}Connection: close\r\n\r\n`;
}

/** Status, and the sorted lines of CORS. */
function corsOf(answer: string): { readonly status: number; readonly lines: readonly string[] } {
  const head = answer.slice(0, answer.indexOf("\r\n\r\n")).split("\r\n");
  return { status: statusOf(answer), lines: head.filter((line) => /^access-control-/i.test(line)).sort() };
}

async function answers(
  annotations: Readonly<Record<string, string>>,
  requests: readonly string[],
  script = answering("page"),
) {
  await using endpoint = await startEndpoint(script);
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [annotatedIngress(annotations)] });
  return await Promise.all(requests.map(async (request) => await ask(proxy.port, request)));
}

describe("CORS", () => {
  it.each([
    { annotations: ENABLED, origin: "https://any.org", allowed: "*", lines: DEFAULT_LINES },
    { annotations: ENABLED, origin: "", allowed: "*", lines: DEFAULT_LINES },
    { annotations: SOME, origin: "https://x.b.com", allowed: "https://x.b.com", lines: DEFAULT_LINES },
    { annotations: ALL_SET, origin: "http://c.com:8080", allowed: "http://c.com:8080", lines: SET_LINES },
  ])("D-cors answers preflights and marks answers, for $origin by $annotations", async (given) => {
    const { annotations, origin, allowed, lines } = given;
    const requests = ["OPTIONS", "GET"].map((method) => requestOf(method, origin));
    const [preflight = "", answer = ""] = await answers(annotations, requests);
    const expected = [...lines, `Access-Control-Allow-Origin: ${allowed}`].sort();
    expect(corsOf(preflight)).toEqual({ status: 204, lines: expected });
    expect(preflight).not.toMatch(/\ncontent-(?:length|type):/i);
    expect(preflight.endsWith("\r\n\r\n")).toBe(true);
    expect(corsOf(answer)).toEqual({ status: 200, lines: expected });
    expect([preflight, answer].map((text) => text.includes("Vary: Origin"))).toEqual([
      allowed !== "*",
      allowed !== "*",
    ]);
  });

  it("D-cors leaves what other origins ask to the Service, and keeps caches from mixing them", async () => {
    const script = answering("page");
    for (const origin of ["https://other.org", ""]) {
      const [preflight = "", answer = ""] = await answers(
        SOME,
        [requestOf("OPTIONS", origin), requestOf("GET", origin)],
        script,
      );
      expect([corsOf(preflight), corsOf(answer)]).toEqual([200, 200].map((status) => ({ status, lines: [] })));
      expect(preflight).toContain("\r\nVary: Origin\r\n");
    }
    const [twice = ""] = await answers(SOME, [requestOf("GET", "https://a.com", "Origin: https://b.com\r\n")]);
    expect(corsOf(twice).lines).toEqual([]);
  });

  it("D-cors writes each field once, in place of the endpoint's, and leaves those that it does not write", async () => {
    const lines =
      "access-control-allow-origin: null\r\nAccess-Control-Expose-Headers: X\r\nVary: Accept\r\nX-Own: 1\r\n";
    const [answer = ""] = await answers(SOME, [requestOf("GET", "https://a.com")], (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`),
    );
    expect(corsOf(answer).lines).toEqual(
      [...DEFAULT_LINES, "Access-Control-Allow-Origin: https://a.com", "Access-Control-Expose-Headers: X"].sort(),
    );
    expect(answer).toMatch(/\r\nVary: Accept\r\nX-Own: 1\r\n/);
    expect(answer.endsWith("\r\n\r\nok")).toBe(true);
  });

  it("D-cors answers preflights before it asks who may come in, and marks refusals", async () => {
    const access: AccessControl = {
      decide: () => ({ kind: "answer", status: 401, cause: { reason: "unauthorized" } }),
    };
    const restricted = { ...SOME, "auth-url": "http://auth/", "limit-rps": "100" };
    await using proxy = await startProxy({ s: [] }, { ingresses: [annotatedIngress(restricted)], access });
    const origin = "https://a.com";
    expect(corsOf(await ask(proxy.port, requestOf("OPTIONS", origin))).status).toBe(204);
    const { status, lines } = corsOf(await ask(proxy.port, requestOf("GET", origin)));
    expect([status, lines.length]).toEqual([401, 5]);
  });

  it.each([
    { more: { "denylist-source-range": "127.0.0.1" }, status: 403 },
    { more: { "force-ssl-redirect": "true" }, status: 308 },
    { more: { "permanent-redirect": "https://b.com" }, status: 301 },
    { more: {}, status: 503 },
  ])("D-cors answers preflights first, and marks all answers: $status", async ({ more, status }) => {
    const annotations = { ...ENABLED, ...more } as Readonly<Record<string, string>>;
    await using proxy = await startProxy({ s: [] }, { ingresses: [annotatedIngress(annotations)] });
    expect(corsOf(await ask(proxy.port, requestOf("OPTIONS", "https://a.com"))).status).toBe(204);
    const answer = corsOf(await ask(proxy.port, requestOf("GET", "https://a.com")));
    expect([answer.status, answer.lines.length]).toEqual([status, 5]);
  });

  it("D-cors marks no answer to another request of the connection", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress(ENABLED), annotatedIngress({}, "plain", { path: "/plain" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const keep = requestOf("GET", "https://a.com").replace("Connection: close\r\n", "");
    const [, second = "", third = ""] = (
      await ask(proxy.port, `${keep}${keep.replace("GET /", "GET /plain")}GET bad\r\n\r\n`)
    ).split(/(?=HTTP\/1\.1 )/);
    expect([corsOf(second), corsOf(third)]).toEqual([
      { status: 200, lines: [] },
      { status: 400, lines: [] },
    ]);
  });

  it("D-cors does nothing until it is switched on", async () => {
    const [answer = ""] = await answers({ ...SOME, "enable-cors": "false" }, [requestOf("OPTIONS", "https://a.com")]);
    expect(corsOf(answer)).toEqual({ status: 200, lines: [] });
  });

  it.skipIf(!hasNginx())("D-cors does what nginx does with the configuration that ingress-nginx writes", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    for (const { annotations, origins } of [
      { annotations: ENABLED, origins: "set $origin *; set $cors true;" },
      {
        annotations: SOME,
        origins: String.raw`set $origin $http_origin; if ($http_origin ~* ((https://a\.com)|(https://[A-Za-z0-9\-]+\.b\.com)|(http://c\.com:8080))$) { set $cors true; }`,
      },
    ]) {
      const fields = DEFAULT_LINES.map((line) => `add_header ${line.replace(": ", " '")}' always;`).join(" ");
      const marks = `add_header Access-Control-Allow-Origin $origin always; ${fields}`;
      const location = `set $cors ''; ${origins} if ($request_method = 'OPTIONS') { set $cors "\${cors}options"; }
        if ($cors = "true") { ${marks} } if ($cors = "trueoptions") { ${marks} return 204; }`;
      await using nginx = await startNginx({ endpointPort: endpoint.port, location });
      await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [annotatedIngress(annotations)] });
      for (const { method, origin } of REQUESTS) {
        const request = requestOf(method, origin);
        const [ours, theirs] = await Promise.all([ask(proxy.port, request), ask(nginx.port, request)]);
        expect(corsOf(ours), request).toEqual(corsOf(theirs));
      }
    }
  });
});
