import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRegistry } from "#src/process/create-registry.ts";
import { createLogger } from "#src/process/log.ts";
import { type MetricsServer, type MetricsServerOptions, openMetricsServer } from "#src/process/metrics-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";

const NAME = "hawser-metrics";
const log = createLogger({ component: "test", level: "silent" });
let directory: string;
let server: MetricsServer | undefined;
let authority = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-metrics-"));
  authority = writePair();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(directory, { recursive: true });
});

const files = () => ({ certFile: join(directory, "tls.crt"), keyFile: join(directory, "tls.key") });

/** Writes a new certificate; returns it, which clients trust. */
function writePair(): string {
  const { certificatePem, privateKeyPem } = issueCertificate({
    commonName: NAME,
    names: [NAME],
    keyType: "ec",
    fromMs: Date.now() - 60_000,
    toMs: Date.now() + 3_600_000,
  });
  writeFileSync(files().certFile, certificatePem);
  writeFileSync(files().keyFile, privateKeyPem);
  return certificatePem;
}

/** Tokens are the names of verdicts. */
const judge = async (token: string): Promise<never> => token as never;

async function start(options: Partial<MetricsServerOptions> = {}): Promise<number> {
  const opened = await openMetricsServer({ port: 0, address: "127.0.0.1", ...files(), judge, log, ...options });
  if (!opened.ok) throw new Error("it cannot be opened");
  server = opened.value;
  return server.start(createRegistry("test"));
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly fingerprint: string;
}

async function ask(
  port: number,
  { path = "/metrics", method = "GET", authorization = "", ca = authority } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = authorization === "" ? {} : { authorization };
    const asked = request(
      { host: "127.0.0.1", port, path, method, headers, ca, servername: NAME, agent: false },
      (response) => {
        const { fingerprint256: fingerprint } = (response.socket as TLSSocket).getPeerCertificate();
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, fingerprint }),
        );
      },
    );
    asked.on("error", reject).end();
  });
}

describe("openMetricsServer()", () => {
  it.each([
    { authorization: "Bearer allowed", status: 200, says: /^hawser_build_info\{/m },
    { authorization: "bearer allowed", status: 200, says: /^hawser_build_info\{/m },
    { authorization: "", status: 401, says: /^unauthorized$/m },
    { authorization: "Basic allowed", status: 401, says: /^unauthorized$/m },
    { authorization: "Bearer", status: 401, says: /^unauthorized$/m },
    { authorization: "Bearer unauthenticated", status: 401, says: /^unauthorized$/m },
    { authorization: "Bearer forbidden", status: 403, says: /nonResourceURL \/metrics/ },
    { authorization: "Bearer unknown", status: 503, says: /API server/ },
  ])("answers $status to `$authorization`", async ({ authorization, status, says }) => {
    const answer = await ask(await start(), { authorization });
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([
      status,
      status === 401 ? "Bearer" : undefined,
    ]);
    expect(answer.body).toMatch(says);
    if (status !== 200) expect(answer.body).not.toContain("hawser_build_info");
  });

  it("is closed where its question fails", async () => {
    const port = await start({ judge: async () => Promise.reject(new Error("no answer")) });
    expect(await ask(port, { authorization: "Bearer allowed" })).toMatchObject({
      status: 500,
      body: "internal error\n",
    });
  });

  it("has no other path, and no other method", async () => {
    const port = await start();
    const authorization = "Bearer allowed";
    for (const path of ["/", "/healthz", "/state", "/metrics/x"])
      expect((await ask(port, { path, authorization })).status).toBe(404);
    expect((await ask(port, { method: "POST", authorization })).status).toBe(405);
    expect(await ask(port, { method: "HEAD", authorization })).toMatchObject({ status: 200, body: "" });
  });

  it("serves a certificate that was renewed, and keeps the last one where the new one cannot be used", async () => {
    const port = await start({ reloadMs: 5 });
    const authorization = "Bearer allowed";
    const first = await ask(port, { authorization });
    writeFileSync(files().certFile, "not a certificate");
    expect((await ask(port, { authorization })).fingerprint).toBe(first.fingerprint);
    const ca = writePair();
    const next = await vi.waitFor(async () => ask(port, { authorization, ca }), eventually);
    expect(next.fingerprint).not.toBe(first.fingerprint);
  });

  it.each([
    { what: "no file", prepare: () => rmSync(files().keyFile) },
    { what: "a file that is not PEM", prepare: () => writeFileSync(files().certFile, "x") },
    {
      what: "a key of another certificate",
      prepare: () => {
        const cert = issueCertificate({ commonName: NAME, keyType: "ec", fromMs: 0, toMs: 1 }).certificatePem;
        writeFileSync(files().certFile, cert);
      },
    },
  ])("does not open with $what", async ({ prepare }) => {
    prepare();
    const opened = await openMetricsServer({ port: 0, address: "127.0.0.1", ...files(), judge, log });
    expect(opened).toMatchObject({ ok: false, problems: [{ code: "OPTION_INVALID" }] });
  });
});
