import { hashSync } from "bcryptjs";
import { type FilterCase, hostOfCase, type Manifest } from "#bench/http/filter-case.ts";
import { newTokens, TOKEN_ISSUER, TOKEN_KEYS } from "#bench/http/tokens.ts";
import { sealedSession, SESSION_KEYS } from "#bench/http/sealed-session.ts";

/** Of the user `user` with the password `secret`, as `openssl passwd -apr1` writes it. */
const APR1 = "$apr1$benchsal$8v44ewKistJzdF4s3hCdY/";
/** 2 to this power rounds, as `htpasswd -B` makes them. */
const BCRYPT_COST = 5;
const CREDENTIALS = `Authorization: Basic ${Buffer.from("user:secret").toString("base64")}`;
/** More requests than one run can make. */
const TOKENS_OF_A_RUN = 20_000;
/** Where the endpoint answers questions whether a request may come in. */
const AUTH_PATH = "/auth";

const JWT = { issuer: TOKEN_ISSUER, jwks: { inline: TOKEN_KEYS } };
const OIDC = {
  issuer: "https://id.bench.test",
  clientId: "bench",
  sessionKeysSecretRef: { name: "sessions" },
  forwardClaims: [{ claim: "email", header: "X-User" }],
};
const OIDC_CASE = { name: "oidc-session" };

/** Filters that say who may come in; `service`: the URL at which the endpoint can be asked, `http://ADDRESS:PORT`. */
export function accessFilters(service: string): readonly FilterCase[] {
  return [
    {
      name: "allow-list",
      annotations: { "allowlist-source-range": "10.0.0.0/8,192.168.0.0/16,127.0.0.0/8" },
      request: { status: 200 },
      nginx: { location: "allow 10.0.0.0/8; allow 192.168.0.0/16; allow 127.0.0.0/8; deny all;" },
    },
    basic("basic-apr1", APR1),
    basic("basic-bcrypt", hashSync("secret", BCRYPT_COST)),
    {
      name: "external-auth",
      annotations: { "auth-url": `${service}${AUTH_PATH}` },
      needsService: true,
      request: { status: 200 },
      nginx: {
        location: "auth_request /ask;",
        server: `location = /ask {
          internal; proxy_pass http://endpoint${AUTH_PATH}; proxy_pass_request_body off; proxy_set_header Content-Length "";
          proxy_http_version 1.1; proxy_set_header Connection "";
        }`,
      },
    },
    {
      name: "external-auth-cached",
      annotations: { "auth-url": `${service}${AUTH_PATH}`, "auth-cache-key": "$http_authorization" },
      needsService: true,
      request: { headers: ["Authorization: Bearer bench"], status: 200 },
    },
    {
      name: "jwt-known",
      policy: { jwt: JWT },
      request: { headers: [`Authorization: Bearer ${newTokens(1)[0]}`], status: 200 },
    },
    {
      name: "jwt-new",
      policy: { jwt: JWT },
      request: {
        eachHeader: () => newTokens(TOKENS_OF_A_RUN).map((token) => `Authorization: Bearer ${token}`),
        status: 200,
      },
    },
    {
      ...OIDC_CASE,
      isSecure: true,
      base: "bare-secure",
      policy: { oidc: OIDC },
      objects: [secret("sessions", { "session-keys": SESSION_KEYS })],
      request: {
        headers: [`Cookie: ${sealedSession(`default/${OIDC_CASE.name}`, hostOfCase(OIDC_CASE), OIDC)}`],
        status: 200,
      },
    },
  ];
}

function basic(name: string, hash: string): FilterCase {
  return {
    name,
    annotations: { "auth-type": "basic", "auth-secret": name },
    objects: [secret(name, { auth: `user:${hash}\n` })],
    request: { headers: [CREDENTIALS], status: 200 },
    nginx: {
      location: `auth_basic bench; auth_basic_user_file ${name}.htpasswd;`,
      files: { [`${name}.htpasswd`]: `user:${hash}\n` },
    },
  };
}

function secret(name: string, stringData: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
}
