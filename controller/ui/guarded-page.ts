import { createServer as createPlainServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AccessVerdict } from "#src/model/access-verdict.ts";
import { createPageHandler, type PageHandlerOptions, type PageRefusal } from "#src/page/page-handler.ts";
import { readPageRequest } from "#src/page/page-request.ts";
import { boundAdminConnections } from "#src/process/admin-connections.ts";
import { keepCertificate, readCertificatePair } from "#src/process/certificate-files.ts";
import { delay, wallMs } from "#src/process/clock.ts";
import { closeServer } from "#src/process/close-server.ts";
import { listenWithRetry } from "#src/process/listen.ts";
import type { Logger } from "#src/process/log.ts";
import { bearerOf } from "#src/process/open-token-file.ts";
import type { PagePlace } from "./page-options.ts";

/** A client that takes longer for a request, or is silent for longer between two, is closed. */
const SILENCE_MS = 10_000;

export interface GuardedPageOptions extends Omit<
  PageHandlerOptions,
  "read" | "admit" | "nowMs" | "wait" | "admitAgainMs"
> {
  readonly listening: PagePlace;
  /** Judges the token that a client at this address shows. */
  readonly judge: (token: string, from: string) => Promise<AccessVerdict>;
  readonly log: Logger;
  readonly admitAgainMs?: number;
}

export interface GuardedPage {
  /** Resolves with the port once the server listens. */
  readonly listening: Promise<number>;
  /** How many pages follow. */
  following(): number;
  close(): Promise<void>;
}

/**
 * Serves the page to who shows a token that is allowed to see it. Its files, which say nothing of the cluster, everyone gets: a
 * browser has to load them to show a token. Over TLS where there is a certificate. Rejects where that cannot be read.
 */
export async function openGuardedPage(options: GuardedPageOptions): Promise<GuardedPage> {
  const { listening, log } = options;
  const { port, address, hosts, certificate } = listening;
  const names = new Set(hosts);
  const handler = createPageHandler({
    ...options,
    nowMs: wallMs,
    wait: delay,
    // A port-forward may have any port.
    read: (asked) => readPageRequest(asked, { isOwnHost: (host) => names.has(host.replace(/:\d{1,5}$/, "")) }),
    admit: async (request) => admit(request, options),
  });
  const limits = {
    headersTimeout: SILENCE_MS,
    requestTimeout: SILENCE_MS,
    keepAliveTimeout: SILENCE_MS,
    connectionsCheckingInterval: 1_000,
  };
  const pair = certificate && (await readCertificatePair(certificate));
  const tls = pair && createTlsServer({ ...limits, ...pair, handshakeTimeout: SILENCE_MS, minVersion: "TLSv1.2" });
  const server = tls ?? createPlainServer(limits);
  server.on("request", (request, response) => handler.handle(request, response));
  // Beyond the limit silent connections are closed first; a page that follows awaits its answer, and stays.
  boundAdminConnections(server);
  const stopReloading =
    tls && pair && certificate && keepCertificate(tls, { ...certificate, pair, what: "the page", log });
  const bound = Promise.withResolvers<number>();
  const handle = listenWithRetry(server, { port, address, log, name: "ui", onListening: bound.resolve });
  return {
    listening: bound.promise,
    following: () => handler.following(),
    async close() {
      stopReloading?.();
      handler.close();
      await closeServer(server, handle);
    },
  };
}

/** Why a request is not answered; undefined where it is. */
async function admit(
  { headers, socket }: IncomingMessage,
  { judge }: Pick<GuardedPageOptions, "judge">,
): Promise<PageRefusal | undefined> {
  const token = bearerOf(headers.authorization);
  if (token === "") return { status: 401, why: "Sign in with a bearer token of the cluster." };
  const verdict = await judge(token, socket.remoteAddress ?? "");
  return verdict === "allowed" ? undefined : REFUSALS[verdict];
}

const REFUSALS: Readonly<Record<Exclude<AccessVerdict, "allowed">, PageRefusal>> = {
  unauthenticated: { status: 401, why: "The API server does not accept this token: it is wrong, or has expired." },
  forbidden: {
    status: 403,
    why: "This user may not see the page: it needs get on the nonResourceURL /hawser/ui. Bind the ClusterRole hawser-ui-viewer to the user: kubectl create clusterrolebinding NAME --clusterrole=hawser-ui-viewer --user=USER",
  },
  unknown: { status: 503, why: "The API server does not say whether this user may see the page. It is asked again." },
};
