import {
  child,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  readBoolean,
  readChoice,
  readEach,
  readList,
  readMap,
  readText,
} from "#src/model/field.ts";
import { readGoDuration } from "#src/model/go-duration.ts";
import { isDnsSubdomain } from "#src/model/name.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import {
  type ClaimRule,
  type ForwardedClaim,
  readClaimRules,
  readFieldToWrite,
  readForwardedClaims,
} from "./claim-rule.ts";
import { keyOfHolder } from "./key-of-holder.ts";
import { readObjectName } from "./read-object-name.ts";
import { readScopes } from "./read-scopes.ts";

/** Sign-in by OpenID Connect, with code and PKCE, as a policy asks for it. */
export interface OidcPolicy {
  /** `namespace/name` of the policy. */
  readonly key: string;
  /** As the provider names itself, without slash added or removed. */
  readonly issuer: string;
  /** Undefined: the provider is asked for them (OpenID Connect Discovery 1.0). */
  readonly endpoints: OidcEndpoints | undefined;
  /** The Secret of the policy's namespace with the authorities of the provider (`ca.crt`); undefined: those of the system. */
  readonly caSecret: string | undefined;
  readonly clientId: string;
  /** The Secret with `client-secret`; undefined: a public client, with PKCE alone. */
  readonly clientSecret: string | undefined;
  /** How the client shows its secret; undefined: as the provider says, or in Authorization. */
  readonly clientAuth: "basic" | "post" | undefined;
  /** With `openid`, written or not, which goes first. */
  readonly scopes: readonly string[];
  /** Where the provider sends browsers back to: a path of each host that the policy is attached to. */
  readonly callbackPath: string;
  /** Where a browser signs out. */
  readonly logoutPath: string;
  /** The path that a browser gets after it has signed out; undefined: none. */
  readonly afterLogout: string | undefined;
  readonly cookie: OidcCookie;
  /** The Secret with `session-keys`. */
  readonly sessionKeysSecret: string;
  readonly claims: readonly ClaimRule[];
  readonly forwardClaims: readonly ForwardedClaim[];
  readonly forwardTokens: readonly ForwardedToken[];
  /** A request comes in without a session where `jwt` has verified a token of it. */
  readonly acceptsTokens: boolean;
}

/** Absolute URLs of a provider. */
interface OidcEndpoints {
  readonly authorization: string;
  readonly token: string;
  readonly jwks: string;
  readonly userinfo: string | undefined;
  readonly endSession: string | undefined;
}

interface OidcCookie {
  /** Undefined: made of the name of the policy. */
  readonly name: string | undefined;
  /** Undefined: the host that the browser signed in at, alone. */
  readonly domain: string | undefined;
  readonly sameSite: "Lax" | "None";
  /** How long a client that has signed in stays so. */
  readonly lifetimeMs: number;
}

/** A token that endpoints get: `Bearer TOKEN` in Authorization, itself in other fields. */
interface ForwardedToken {
  readonly token: "id" | "access";
  readonly header: string;
}

const KEYS = [
  "issuer",
  "endpoints",
  "caSecretRef",
  "clientId",
  "clientSecretRef",
  "clientAuth",
  "scopes",
  "callbackPath",
  "logoutPath",
  "afterLogout",
  "cookie",
  "sessionKeysSecretRef",
  "claims",
  "forwardClaims",
  "forwardTokens",
  "acceptTokens",
] as const;
const ENDPOINTS = ["authorization", "token", "jwks", "userinfo", "endSession"] as const;

const DEFAULT_CALLBACK = "/oauth2/callback";
const DEFAULT_LOGOUT = "/oauth2/sign_out";
/** A working day. */
const DEFAULT_LIFETIME_MS = 8 * 3_600_000;
const MIN_LIFETIME_MS = 60_000;
/** Browsers keep none longer (RFC 6265bis). */
const MAX_LIFETIME_MS = 400 * 86_400_000;
const MAX_SCOPES = 32;
const MAX_TOKENS = 2;
const MAX_LETTERS = 1_024;

/** Reads `oidc` of a policy; undefined, with Problems, where any of it cannot be read. */
export function readOidcPolicy(field: Field): OidcPolicy | undefined {
  if (!readMap(field)) return undefined;
  const before = field.problems.length;
  const at = (name: (typeof KEYS)[number]) => child(field, name);
  rejectUnknownKeys(field, KEYS);
  const issuer = readIssuer(at("issuer"));
  const clientId = readClientId(at("clientId"));
  const sessionKeysSecret = readSecretName(at("sessionKeysSecretRef"));
  if (isUnset(at("sessionKeysSecretRef")))
    complainMissing(
      at("sessionKeysSecretRef"),
      "Make a Secret with: kubectl create secret generic NAME --from-literal session-keys=$(openssl rand -base64 32), and write { name: NAME }",
    );
  const callbackPath = readOwnPath(at("callbackPath")) ?? DEFAULT_CALLBACK;
  const logoutPath = readOwnPath(at("logoutPath")) ?? DEFAULT_LOGOUT;
  if (callbackPath === logoutPath)
    complainInvalid(at("logoutPath"), "it is the path that the provider sends browsers back to", "Write two paths");
  const policy = {
    endpoints: readEndpoints(at("endpoints")),
    caSecret: readSecretName(at("caSecretRef")),
    clientSecret: readSecretName(at("clientSecretRef")),
    clientAuth: readChoice(at("clientAuth"), ["basic", "post"]),
    scopes: [...new Set(["openid", ...readScopes(at("scopes"), MAX_SCOPES)])],
    callbackPath,
    logoutPath,
    afterLogout: readPath(at("afterLogout")),
    cookie: readCookie(at("cookie")),
    claims: readClaimRules(at("claims")) ?? [],
    forwardClaims: readForwardedClaims(at("forwardClaims")) ?? [],
    forwardTokens: readForwardedTokens(at("forwardTokens")),
    acceptsTokens: readBoolean(at("acceptTokens")) ?? false,
  };
  const headers = [...policy.forwardClaims, ...policy.forwardTokens].map(({ header }) => header.toLowerCase());
  const twice = headers.find((name, index) => headers.indexOf(name) !== index);
  if (twice !== undefined && field.problems.length === before)
    complainInvalid(field, `it writes the header field ${twice} twice`, "Give each claim and token a field of its own");
  if (policy.clientAuth !== undefined && policy.clientSecret === undefined)
    complainMissing(at("clientSecretRef"), "Name the Secret with client-secret, or remove clientAuth");
  if (issuer === undefined || clientId === undefined || sessionKeysSecret === undefined) return undefined;
  return field.problems.length === before
    ? { key: keyOfHolder(field), issuer, clientId, sessionKeysSecret, ...policy }
    : undefined;
}

function readIssuer(field: Field): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the issuer of the provider, such as https://id.example.com");
  const url = readHttpsUrl(field);
  if (url === undefined || !/[?#]/.test(url)) return url;
  return complainInvalid(field, "an issuer has no query", "Write the URL without ? and #");
}

/** A URL as it is written, which is what providers compare. */
function readHttpsUrl(field: Field): string | undefined {
  const text = readText(field);
  if (text === undefined) return undefined;
  const fix = "Write a URL such as https://id.example.com";
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\/[\x21-\x7e]+$/i.test(text) || text.length > MAX_LETTERS)
    return complainInvalid(field, "it is not an absolute https URL", fix);
  if (url.protocol !== "https:")
    return complainInvalid(field, "codes and tokens would be sent in the open: it is not https", fix);
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    return complainInvalid(field, "it has a name, a password or a fragment", fix);
  return text;
}

function readEndpoints(field: Field): OidcEndpoints | undefined {
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ENDPOINTS);
  const required = (name: (typeof ENDPOINTS)[number]) => {
    const endpoint = child(field, name);
    return isUnset(endpoint)
      ? complainMissing(endpoint, "Write it, or remove all endpoints, so that the provider is asked for them")
      : readHttpsUrl(endpoint);
  };
  const [authorization, token, jwks] = [required("authorization"), required("token"), required("jwks")];
  const userinfo = readHttpsUrl(child(field, "userinfo"));
  const endSession = readHttpsUrl(child(field, "endSession"));
  if (authorization === undefined || token === undefined || jwks === undefined) return undefined;
  return { authorization, token, jwks, userinfo, endSession };
}

function readClientId(field: Field): string | undefined {
  const text = readText(field);
  if (isUnset(field)) return complainMissing(field, "Write the id under which the provider knows this client");
  if (text === undefined || (/^[\x20-\x7e]+$/.test(text) && text.length <= MAX_LETTERS)) return text;
  return complainInvalid(
    field,
    `it is empty, has more than ${MAX_LETTERS} letters, or some beyond ASCII`,
    "Write the id of the client",
  );
}

/** `{ name }` of a Secret of the policy's own namespace. */
function readSecretName(field: Field): string | undefined {
  if (!readMap(field)) return undefined;
  rejectUnknownKeys(field, ["name"]);
  return readObjectName(child(field, "name"), "Secret");
}

const PATH = /^\/(?!\/)[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/** A path that has one spelling, so that what comes back from the provider is what it was given. */
function readPath(field: Field): string | undefined {
  const path = readText(field);
  if (path === undefined) return undefined;
  const isPlain = PATH.test(path) && path.length <= 256 && !path.includes("//") && !/\/\.{1,2}(?:\/|$)/.test(path);
  if (isPlain) return path;
  const why = "it is not a path of letters, digits and - . _ ~ that begins with / and has no dot segments";
  return complainInvalid(field, why, "Write a path such as /oauth2/callback");
}

/** One that nothing else is served at. */
function readOwnPath(field: Field): string | undefined {
  const path = readPath(field);
  return path === "/"
    ? complainInvalid(field, "nothing else could be served at /", "Write a path such as /oauth2/callback")
    : path;
}

function readCookie(field: Field): OidcCookie {
  const isMap = readMap(field);
  if (isMap) rejectUnknownKeys(field, ["name", "domain", "sameSite", "lifetime"]);
  return {
    name: readCookieName(child(field, "name")),
    domain: readDomain(child(field, "domain")),
    sameSite: readSameSite(child(field, "sameSite")),
    lifetimeMs: readLifetime(child(field, "lifetime")),
  };
}

function readCookieName(field: Field): string | undefined {
  const name = readText(field);
  if (name === undefined || /^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  return complainInvalid(field, "it is not a name of at most 64 letters, digits, - and _", "Write a name such as shop");
}

function readDomain(field: Field): string | undefined {
  const domain = readText(field)?.replace(/^\./, "").toLowerCase();
  if (domain === undefined || (isDnsSubdomain(domain) && domain.includes(".") && !/\.\d+$/.test(domain))) return domain;
  return complainInvalid(field, "it is not a domain with a dot in it", "Write a domain such as example.com");
}

function readSameSite(field: Field): OidcCookie["sameSite"] {
  if (field.value !== "Strict") return readChoice(field, ["Lax", "None"]) ?? "Lax";
  const why = "a browser that comes back from the provider would not show its session, and be sent there again";
  complainInvalid(field, why, "Write Lax");
  return "Lax";
}

function readLifetime(field: Field): number {
  const ms = readGoDuration(field);
  if (ms !== undefined && (ms < MIN_LIFETIME_MS || ms > MAX_LIFETIME_MS))
    complainInvalid(field, "it is less than a minute, or more than 400 days", "Write a duration such as 8h");
  return ms ?? DEFAULT_LIFETIME_MS;
}

function readForwardedTokens(field: Field): readonly ForwardedToken[] {
  const entries = readList(field);
  if (entries.length > MAX_TOKENS) complainInvalid(field, "there are two tokens", "Write each once");
  return readEach(entries, (entry) => {
    if (!readMap(entry)) return complainMissing(entry, "Write a map with token and header");
    rejectUnknownKeys(entry, ["token", "header"]);
    const at = child(entry, "token");
    const token = readChoice(at, ["id", "access"]);
    if (isUnset(at)) complainMissing(at, "Write id or access");
    const header = readFieldToWrite(child(entry, "header"));
    return token === undefined || header === undefined ? undefined : { token, header };
  });
}
