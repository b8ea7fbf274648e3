import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { isRecord } from "#src/source/status-text.ts";
import type { ApiConfig, TlsMaterial } from "./api-config.ts";
import { TokenFile } from "./token-file.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What Hawser does not do for a user of a kubeconfig. */
const otherCredentials: Readonly<Record<string, string>> = {
  exec: "runs a program to log in",
  "auth-provider": "logs in by a provider",
  username: "logs in with a password, which API servers no longer take",
};

/**
 * Reads a kubeconfig file: the cluster and the user of its current context, with a token, a token file, a client
 * certificate or none. Certificates may be in the file or beside it. The rest is a Problem.
 */
export function readKubeconfig(path: string): Parsed<ApiConfig> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return unreadable(path, code === "ENOENT" ? "there is no such file" : (code ?? message));
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return unreadable(path, (error as Error).message.split("\n", 1)[0] ?? "it is no YAML");
  }
  const found = currentContext(value);
  if (typeof found === "string") return unreadable(path, found);
  const { cluster, user } = found;
  const why = otherWay(cluster, user);
  if (why !== undefined) return { ok: false, problems: [unsupported(path, why)] };
  const server = textOf(cluster, "server");
  if (server === undefined || !URL.canParse(server)) return unreadable(path, "its cluster has no server that is a URL");
  const config = { server, ...credentials(user, dirname(path)), tls: async () => tlsOf(cluster, user, dirname(path)) };
  return { ok: true, value: config, problems: [] };
}

function currentContext(value: unknown): { readonly cluster: Fields; readonly user: Fields } | string {
  if (!isRecord(value)) return "it is no map";
  const name = value["current-context"];
  if (typeof name !== "string" || name === "") return "it has no current-context";
  const context = named(value, "contexts", "context", name);
  if (context === undefined) return `it has no context "${name}"`;
  const cluster = named(value, "clusters", "cluster", context["cluster"]);
  const user = named(value, "users", "user", context["user"]);
  if (cluster === undefined) return `the cluster of its context "${name}" is missing`;
  return user === undefined ? `the user of its context "${name}" is missing` : { cluster, user };
}

function named(config: Fields, list: string, field: string, name: unknown): Fields | undefined {
  const entries = config[list];
  const entry: unknown = Array.isArray(entries)
    ? entries.find((one) => isRecord(one) && one["name"] === name)
    : undefined;
  const value = isRecord(entry) ? entry[field] : undefined;
  return isRecord(value) ? value : undefined;
}

function otherWay(cluster: Fields, user: Fields): string | undefined {
  if (textOf(cluster, "proxy-url") !== undefined) return "its cluster is behind a proxy (proxy-url)";
  const way = Object.keys(otherCredentials).find((name) => user[name] !== undefined);
  return way === undefined ? undefined : `its user ${otherCredentials[way]} (${way})`;
}

function credentials(user: Fields, directory: string): Pick<ApiConfig, "token"> {
  const path = textOf(user, "tokenFile");
  const token = textOf(user, "token");
  const file = path === undefined ? undefined : new TokenFile(resolve(directory, path));
  // As kubectl does: the file wins.
  return { token: async (isRefused) => (file === undefined ? token : file.read(isRefused)) };
}

async function tlsOf(cluster: Fields, user: Fields, directory: string): Promise<TlsMaterial> {
  const read = async (from: Fields, name: string): Promise<Buffer | undefined> => {
    const data = textOf(from, `${name}-data`);
    if (data !== undefined) return Buffer.from(data, "base64");
    const path = textOf(from, name);
    return path === undefined ? undefined : readFile(resolve(directory, path));
  };
  const [ca, cert, key] = await Promise.all([
    read(cluster, "certificate-authority"),
    read(user, "client-certificate"),
    read(user, "client-key"),
  ]);
  const servername = textOf(cluster, "tls-server-name");
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
  };
}

function textOf(from: Fields, name: string): string | undefined {
  const value = from[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function unreadable(path: string, why: string): Parsed<never> {
  const fix = "Name a kubeconfig that kubectl works with";
  const problem: Problem = {
    code: "KUBECONFIG_UNREADABLE",
    where: path,
    what: "Cannot use it as a kubeconfig",
    why,
    fix,
    severity: "error",
  };
  return { ok: false, problems: [problem] };
}

function unsupported(path: string, why: string): Problem {
  return {
    code: "KUBECONFIG_UNSUPPORTED",
    where: path,
    what: "Cannot log in as this kubeconfig says",
    why,
    fix: "Give a kubeconfig with a token or a client certificate; `kubectl create token` makes one for a ServiceAccount",
    severity: "error",
  };
}
