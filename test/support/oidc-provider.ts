import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

/** An OpenID Connect provider that renews tokens (OpenID Connect Core 1.0 section 12), and an API server can trust. */
export class OidcProvider implements AsyncDisposable {
  /** How often a token was renewed. */
  renewals = 0;
  readonly #server: Server;
  readonly #clientId: string;
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2_048 });

  private constructor(server: Server, clientId: string) {
    this.#server = server;
    this.#clientId = clientId;
  }

  static async start(options: { certFile: string; keyFile: string; clientId: string }): Promise<OidcProvider> {
    const server = createServer({ cert: readFileSync(options.certFile), key: readFileSync(options.keyFile) });
    const provider = new OidcProvider(server, options.clientId);
    server.on("request", ({ url }, answer) => {
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify(provider.#answer(url ?? "")));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return provider;
  }

  get issuer(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** An id-token for a user that holds for so many seconds; it is over where that is negative. */
  idToken(name: string, forSeconds: number): string {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const times = { iat: Math.min(nowSeconds, nowSeconds + forSeconds) - 1, exp: nowSeconds + forSeconds };
    const claims = { iss: this.issuer, aud: this.#clientId, sub: name, groups: ["system:masters"], ...times };
    const text = [{ alg: "RS256", kid: "1", typ: "JWT" }, claims]
      .map((part) => base64url(JSON.stringify(part)))
      .join(".");
    const signature = sign("sha256", Buffer.from(text), this.#keys.privateKey);
    return `${text}.${signature.toString("base64url")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #answer(path: string): unknown {
    const { issuer } = this;
    if (path === "/keys")
      return { keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" }] };
    if (path === "/token") {
      this.renewals += 1;
      const id_token = this.idToken("renewed", 3_600);
      return { access_token: "unused", token_type: "bearer", expires_in: 3_600, refresh_token: "again", id_token };
    }
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    };
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
