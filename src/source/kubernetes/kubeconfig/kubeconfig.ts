import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { resolve } from "node:path";
import type { Parsed, Problem } from "#src/model/problem.ts";
import type { FilePlace } from "#src/model/problem-place.ts";
import type { Fields } from "#src/model/record.ts";
import type { ApiConfig, TlsMaterial } from "#src/source/kubernetes/api/api-config.ts";
import { TokenFile } from "#src/source/kubernetes/api/token-file.ts";
import { type KubeconfigContext, nonEmptyTextOf, readContext, type Section } from "./kubeconfig-context.ts";
import { ExecLogin } from "./exec-login.ts";
import { hasOldProvider, isLoginPossible, KubeconfigLogin } from "./kubeconfig-login.ts";
import { OidcLogin, oidcConfigOf } from "./oidc-login.ts";

export interface KubeconfigOptions {
  /** The context to use; by default the file's current-context. */
  readonly context?: string | undefined;
}

/**
 * Reads a kubeconfig file, or several as kubectl does: the cluster and the user of a context. A token, a token file, a
 * client certificate (in the file or beside it), OpenID Connect, a program that logs in, and no credentials at all are handled
 * here; old providers, and a proxy of SOCKS, are @kubernetes/client-node's, which is loaded when it is needed first.
 */
export function readKubeconfig(
  path: string | readonly string[],
  { context }: KubeconfigOptions = {},
): Parsed<ApiConfig> {
  const paths = typeof path === "string" ? [path] : path;
  const at: FilePlace = { kind: "file", file: paths.join(":") };
  const found = readContext(paths, context);
  if (typeof found === "string") return refused(at, "KUBECONFIG_UNREADABLE", found);
  const server = nonEmptyTextOf(found.cluster.fields, "server");
  if (server === undefined || !URL.canParse(server))
    return refused(at, "KUBECONFIG_UNREADABLE", "its cluster has no server that is a URL");
  if (found.user.fields["username"] !== undefined) {
    const why = "its user logs in with a password, which API servers no longer take (username)";
    return refused(at, "KUBECONFIG_UNSUPPORTED", why);
  }
  const way = otherWay(found);
  if (way === undefined) return { ok: true, value: ownConfig(server, found), problems: [] };
  if (isLoginPossible()) return { ok: true, value: loginConfig(server, found), problems: [] };
  const why = `its ${way}, which takes the package @kubernetes/client-node, and that is not installed`;
  return refused(at, "KUBECONFIG_UNSUPPORTED", why);
}

/** What takes the package, in words; undefined: nothing does. */
function otherWay({ cluster, user }: KubeconfigContext): string | undefined {
  if (hasOldProvider(user.fields)) return "user logs in by a provider (auth-provider)";
  return hasOtherProxy(cluster.fields) ? "cluster is behind a proxy that is not of HTTP (proxy-url)" : undefined;
}

/** Whether it is behind a proxy that Node's own agent does not go through (by CONNECT). */
function hasOtherProxy(cluster: Fields): boolean {
  const proxy = nonEmptyTextOf(cluster, "proxy-url");
  return proxy !== undefined && !/^https?:\/\//i.test(proxy);
}

function ownConfig(server: string, context: KubeconfigContext): ApiConfig {
  const { cluster, user } = context;
  const path = nonEmptyTextOf(user.fields, "tokenFile");
  const token = nonEmptyTextOf(user.fields, "token");
  const file = path === undefined ? undefined : new TokenFile(resolve(user.directory, path));
  const oidc = oidcConfigOf(user.fields);
  const login = oidc === undefined ? undefined : new OidcLogin(oidc, user);
  const proxy = nonEmptyTextOf(cluster.fields, "proxy-url");
  const program = user.fields["exec"] === undefined ? undefined : new ExecLogin(context);
  const tls = async (): Promise<TlsMaterial> => ({
    ...(await tlsOf(cluster, user)),
    ...(await program?.certificate()),
  });
  return {
    server,
    headers: impersonation(user.fields),
    tls,
    // As kubectl does: the file wins.
    token: async (isRefused) => (program ?? file ?? login)?.token(isRefused) ?? token,
    ...(proxy === undefined ? {} : { agent: async () => agentThrough(proxy, await tls()) }),
  };
}

function loginConfig(server: string, context: KubeconfigContext): ApiConfig {
  const own = ownConfig(server, context);
  const login = new KubeconfigLogin(context);
  return {
    ...own,
    ...(hasOldProvider(context.user.fields) ? { token: async (isRefused) => login.token(isRefused) } : {}),
    ...(hasOtherProxy(context.cluster.fields) ? { agent: async () => login.agent(await own.tls()) } : {}),
  };
}

/** Makes connections through a proxy of HTTP or HTTPS, whatever its host. */
function agentThrough(proxy: string, tls: TlsMaterial): Agent {
  return new Agent({ keepAlive: true, ...tls, proxyEnv: { HTTPS_PROXY: proxy } });
}

/** As whom the user acts (User impersonation, `kubectl --as`). */
function impersonation(user: Fields): Readonly<Record<string, string | readonly string[]>> {
  const groups = user["as-groups"];
  const [as, uid] = [nonEmptyTextOf(user, "as"), nonEmptyTextOf(user, "as-uid")];
  return {
    ...(as === undefined ? {} : { "impersonate-user": as }),
    ...(uid === undefined ? {} : { "impersonate-uid": uid }),
    ...(Array.isArray(groups) ? { "impersonate-group": groups.map(String) } : {}),
  };
}

async function tlsOf(cluster: Section, user: Section): Promise<TlsMaterial> {
  const read = async ({ fields, directory }: Section, name: string): Promise<Buffer | undefined> => {
    const data = nonEmptyTextOf(fields, `${name}-data`);
    if (data !== undefined) return Buffer.from(data, "base64");
    const path = nonEmptyTextOf(fields, name);
    return path === undefined ? undefined : readFile(resolve(directory, path));
  };
  const [ca, cert, key] = await Promise.all([
    read(cluster, "certificate-authority"),
    read(user, "client-certificate"),
    read(user, "client-key"),
  ]);
  const servername = nonEmptyTextOf(cluster.fields, "tls-server-name");
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: cluster.fields["insecure-skip-tls-verify"] !== true,
  };
}

const refusals = {
  KUBECONFIG_UNREADABLE: {
    what: "Cannot use it as a kubeconfig",
    fix: "Name a kubeconfig that kubectl works with",
  },
  KUBECONFIG_UNSUPPORTED: {
    what: "Cannot log in as this kubeconfig says",
    fix: "Give one with a token (`kubectl create token` makes one) or a client certificate, or install that package",
  },
} as const;

function refused(at: FilePlace, code: keyof typeof refusals, why: string): Parsed<never> {
  const problem: Problem = { code, at, ...refusals[code], why, severity: "error" };
  return { ok: false, problems: [problem] };
}
