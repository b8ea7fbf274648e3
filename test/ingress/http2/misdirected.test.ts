import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { createSecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import { clientCertificatesFor } from "#src/routing/route.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { ClientAuthorities } from "#ingress/tls/client-authorities.ts";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { answering, listen, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { everyIo } from "#test/support/test-io.ts";
import type { Io } from "#ingress/io/io.ts";

const nowMs = Date.now();
const usual = { keyType: "ec", fromMs: nowMs - 3_600_000, toMs: nowMs + 3_600_000 } as const;
const root = issueCertificate({ ...usual, commonName: "root", isAuthority: true });
const good = issueCertificate({ ...usual, commonName: "good", issuer: root });

/** A port for TLS with HTTP/2: `a.com` and `b.com` ask for client certificates, `c.com` and `d.com` do not. */
async function start(io: Io) {
  const endpoint = await startEndpoint(answering("page"));
  const asks = { "auth-tls-secret": "ca" };
  const ingresses = [
    annotatedIngress(asks, "a"),
    annotatedIngress(asks, "b", { host: "b.com" }),
    annotatedIngress({}, "c", { host: "c.com" }),
    annotatedIngress({}, "d", { host: "d.com" }),
  ];
  const proxy = await startProxy({ s: [endpoint.port] }, { ingresses, io });
  const authorities = new ClientAuthorities(Date.now);
  authorities.useSecrets(new Map([["default/ca", { pair: undefined, authoritiesPem: root.certificatePem }]]));
  const pair = selfSigned("hawser.invalid", nowMs);
  const context = createSecureContext(pair);
  const server = engineTlsServer(
    proxy.engine,
    {
      contextOf: () => context,
      verificationOf: (host) => {
        const policy = clientCertificatesFor(proxy.engine.routes, host);
        return policy && authorities.verificationFor(policy, host, pair);
      },
      fallback: pair,
      isHttp2On: true,
    },
    io,
  );
  const port = await listen(server);
  return {
    port,
    endpoint,
    counters: proxy.engine.counters,
    async [Symbol.asyncDispose]() {
      server.close();
      await proxy[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

/** The status of a request for this host, and the body. */
async function get(session: ClientHttp2Session, host: string): Promise<readonly [number | undefined, string]> {
  const stream = session.request({ ":path": `/for-${host}`, ":authority": host });
  const [fields] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
  let text = "";
  for await (const part of stream) text += String(part);
  return [fields[":status"], text];
}

describe.each(everyIo)("misdirected requests of HTTP/2 by $name", (io) => {
  it.each([
    { servername: "c.com", shown: undefined, own: ["c.com", "d.com"], other: ["a.com", "b.com"] },
    { servername: "c.com", shown: good, own: ["c.com", "d.com"], other: ["a.com", "b.com"] },
    { servername: "a.com", shown: good, own: ["a.com", "c.com"], other: ["b.com"] },
  ])(
    "I-T19 get 421 on a connection for $servername, which stays and serves $own",
    async ({ servername, shown, own, other }) => {
      await using started = await start(io);
      const session = connect(`https://127.0.0.1:${started.port}`, {
        servername,
        rejectUnauthorized: false,
        ...(shown && { cert: shown.certificatePem, key: shown.privateKeyPem }),
      });
      const ends: string[] = [];
      for (const name of ["goaway", "error", "close"] as const) session.on(name, () => void ends.push(name));
      const hosts = [...own, ...other, ...own, ...other, ...own];
      const isOwn = (host: string): boolean => own.includes(host);
      // One after the other, and all at once.
      const answers = [];
      for (const host of hosts) answers.push(await get(session, host));
      answers.push(...(await Promise.all(hosts.map((host) => get(session, host)))));
      const twice = [...hosts, ...hosts];
      expect(answers.map(([status]) => status)).toEqual(twice.map((host) => (isOwn(host) ? 200 : 421)));
      for (const [status, text] of answers) expect(text === "page").toBe(status === 200);
      expect(ends).toEqual([]);
      session.destroy();
      expect(started.counters.connections).toBe(1);
      const asked = started.endpoint.received().match(/(?<=^GET \/for-)\S+/gm) ?? [];
      expect(asked.toSorted()).toEqual(twice.filter(isOwn).toSorted());
      expect(started.counters.reasons[REASON_LIST.indexOf("misdirected")]).toBe(
        twice.filter((host) => !isOwn(host)).length,
      );
    },
  );
});
