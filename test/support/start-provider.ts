import { generateKeyPairSync, randomBytes, type webcrypto } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { IssuedCertificate } from "./issue-certificate.ts";

/** Of all: one that starts again has the key that it had. */
const SIGNING_KEY = signingKey();

/** A key that no provider has. */
export function signingKey(): webcrypto.JsonWebKey {
  return generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ format: "jwk" });
}

export interface ProviderOptions {
  readonly certificate: IssuedCertificate;
  /** The host of the issuer. */
  readonly host: string;
  readonly clientId: string;
  /** Undefined: a public client. */
  readonly clientSecret?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly afterLogout?: readonly string[];
  readonly key?: webcrypto.JsonWebKey;
  /** Whether the client gets refresh tokens. Default false. */
  readonly canRefresh?: boolean;
  /** Where to listen; by default at any port of loopback. */
  readonly port?: number;
  readonly address?: string;
}

/** A real provider (oidc-provider), which signs in the user that it is told, without a form. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  /** Paths that were asked for, without query. */
  readonly asked: readonly string[];
  /** Who signs in next; undefined: the user says no. */
  user: { readonly id: string; readonly claims: Readonly<Record<string, unknown>> } | undefined;
}

export async function startProvider(options: ProviderOptions): Promise<TestProvider> {
  const { certificatePem: cert, privateKeyPem: key } = options.certificate;
  const asked: string[] = [];
  const server = createServer({ cert, key });
  server.listen(options.port ?? 0, options.address ?? "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const issuer = `https://${options.host}:${port}`;
  const known = new Map<string, Readonly<Record<string, unknown>>>();
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: options.clientId,
        ...(options.clientSecret === undefined
          ? { token_endpoint_auth_method: "none" }
          : { client_secret: options.clientSecret }),
        redirect_uris: options.redirectUris,
        post_logout_redirect_uris: options.afterLogout ?? [],
        response_types: ["code"],
        grant_types: ["authorization_code", ...(options.canRefresh === true ? ["refresh_token"] : [])],
      },
    ],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      groups: ["groups"],
      profile: ["preferred_username", "realm_access"],
    },
    scopes: ["openid", "email", "groups", "profile", "offline_access"],
    issueRefreshToken: () => options.canRefresh === true,
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...known.get(id) }) }),
    interactions: { url: (_context: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [options.key ?? SIGNING_KEY] },
  });
  const callback = provider.callback();

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { user } = test;
    if (user === undefined) {
      await provider.interactionFinished(request, response, { error: "access_denied" });
      return;
    }
    const { params } = await provider.interactionDetails(request, response);
    known.set(user.id, user.claims);
    const grant = new provider.Grant({ accountId: user.id, clientId: options.clientId });
    grant.addOIDCScope(params["scope"] ?? "openid");
    const grantId = await grant.save();
    await provider.interactionFinished(request, response, {
      login: { accountId: user.id },
      consent: { grantId },
    });
  }

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? "").split("?", 1)[0]!;
    asked.push(path);
    if (path.startsWith("/interaction/")) void interact(request, response);
    else callback(request, response);
  });
  const test: TestProvider = {
    issuer,
    port,
    asked,
    user: { id: "alice", claims: { email: "alice@a.test", groups: ["admins"] } },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return test;
}
