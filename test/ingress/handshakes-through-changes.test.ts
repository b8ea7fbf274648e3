import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { chooseIo } from "#ingress/io/choose-io.ts";
import { openServers } from "#ingress/open-servers.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { createLogger } from "#src/process/log.ts";
import { certificateClaims } from "#src/tls/certificate-claims.ts";
import { answering, startEndpoint } from "#test/support/ingress-proxy.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { listenWithRoute, servingOptions } from "#test/support/start-servers.ts";

const HOST = "127.0.0.1";
const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const CHANGES = 60;
/** At once, each with one connection after the other. */
const CLIENTS = 8;
/** While one certificate is served. */
const HANDSHAKES_BETWEEN = 4;
const STARTS_MS = 300_000;
const nowMs = Date.now();

const certificates = Array.from({ length: CHANGES + 1 }, (_, index) => {
  const usual = { keyType: index % 10 === 9 ? "rsa" : "ec", fromMs: nowMs - 1_000, toMs: nowMs + 3_600_000 } as const;
  return issueCertificate({ ...usual, commonName: String(index), names: ["a.com"] });
});
const claims = certificateClaims([ingressOf("i", { "a.com": {} }, { tls: [{ hosts: ["a.com"], secretName: "s" }] })]);

/** Servers of the ingress as the program opens them, which serve one certificate for `a.com` and to clients that name no server. */
async function start(workers: number, io: string) {
  const endpoint = await startEndpoint(answering("page"));
  const { io: program, given, options, settings } = servingOptions([`--io=${io}`]);
  const log = createLogger({ component: "ingress", level: "warn", to: program.logTo! });
  const servers = openServers({
    workers,
    options,
    settings,
    given,
    env: {},
    certificates: new Certificates(nowMs),
    address: HOST,
    log,
    io: await chooseIo(options.io, { log }),
    logTo: program.logTo,
  });
  const { https } = await listenWithRoute(servers, endpoint.port);
  return {
    https,
    servers,
    /** The number of the certificate that is to be served from now on. */
    serve(index: number): void {
      const { certificatePem, privateKeyPem } = certificates[index]!;
      const secret = { key: "default/s", certificatePem, privateKeyPem };
      servers.certificates.use({
        claims,
        secrets: new Map([["default/s", secret]]),
        defaultSecret: "default/s",
        nowMs,
      });
    },
    async [Symbol.asyncDispose]() {
      servers.drain();
      await servers.finish(1_000);
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

interface Handshake {
  /** Undefined: the session was resumed. */
  readonly certificate: number | undefined;
  readonly session: Buffer | undefined;
}

/** One request on a connection of its own. Rejects where there is no handshake or no answer. */
async function ask(port: number, index: number, session?: Buffer): Promise<Handshake> {
  const version = index % 2 === 0 ? "TLSv1.3" : "TLSv1.2";
  const socket = connectTls({
    host: HOST,
    port,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    session,
    ...(index % 4 < 2 && { servername: "a.com" }),
  });
  let latest: Buffer | undefined;
  let certificate: number | undefined;
  socket.on("session", (given) => (latest = given));
  socket.on("secureConnect", () => {
    if (!socket.isSessionReused()) certificate = Number(socket.getPeerCertificate().subject.CN);
    socket.write(GET);
  });
  let text = "";
  for await (const part of socket) text += String(part);
  if (!text.endsWith("page")) throw new Error(`no answer, but: ${text}`);
  return { certificate, session: latest };
}

describe("handshakes while the certificate of the host changes", () => {
  it.each([
    { workers: 1, io: "auto" },
    { workers: 1, io: "net" },
    { workers: 2, io: "auto" },
  ])(
    "I-T12 none fails, and each has the old or the new one: $workers workers, $io",
    async ({ workers, io }) => {
      await using started = await start(workers, io);
      started.serve(0);
      await started.servers.refresh();
      const failures: string[] = [];
      const seen = new Set<number>();
      let [served, done, resumed] = [0, 0, 0];
      const ending = new AbortController();
      const clients = Array.from({ length: CLIENTS }, async (_, client) => {
        let session: Buffer | undefined;
        for (let round = 0; !ending.signal.aborted; round++) {
          const before = served;
          try {
            const found: Handshake = await ask(started.https, client, round % 2 === 0 ? undefined : session);
            session = found.session;
            if (found.certificate === undefined) resumed += 1;
            else seen.add(found.certificate);
            // Workers hear of another one a little later.
            const isInForce = workers > 1 || (found.certificate ?? before) >= before;
            if (!isInForce || (found.certificate ?? 0) > served)
              failures.push(`${found.certificate} while ${before} to ${served} were served`);
          } catch (error) {
            failures.push(String(error));
          }
          done += 1;
        }
      });
      for (let index = 1; index <= CHANGES; index++) {
        served = index;
        started.serve(index);
        const before = done;
        await until("more handshakes", () => done - before >= HANDSHAKES_BETWEEN, { everyMs: 1, timeoutMs: 60_000 });
      }
      ending.abort();
      await Promise.all(clients);
      expect(failures).toEqual([]);
      expect(done).toBeGreaterThanOrEqual(CHANGES * HANDSHAKES_BETWEEN);
      expect(seen.size).toBeGreaterThan(CHANGES / 4);
      expect(resumed).toBeGreaterThan(0);
      await started.servers.refresh();
      for (let index = 0; index < CLIENTS; index++) expect((await ask(started.https, index)).certificate).toBe(CHANGES);
    },
    STARTS_MS,
  );
});
