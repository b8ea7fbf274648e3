import { readFile } from "node:fs/promises";
import type { Agent } from "node:http";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { SecureContextOptions } from "node:tls";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { TokenFile } from "./token-file.ts";

/** What a TLS connection to the API server is made with. */
export interface TlsMaterial extends Pick<SecureContextOptions, "ca" | "cert" | "key"> {
  /** The name that the server's certificate must be for, where it is not the host's. */
  readonly servername?: string;
  /** False: any certificate is taken. */
  readonly rejectUnauthorized?: boolean;
}

/** How the API server is reached, and as whom. */
export interface ApiConfig {
  /** `https://10.96.0.1:443`, with a path where the API is behind a proxy. */
  readonly server: string;
  /** Read again for each connection, because certificates are rotated. Rejects where a file cannot be read. */
  tls(): Promise<TlsMaterial>;
  /** The bearer token, if there is one; `isRefused`: the server did not take the one given last. */
  token(isRefused: boolean): Promise<string | undefined>;
  /** Headers of each request beside the token: as whom to act. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Makes the connections, where the server is behind a proxy: these speak HTTP/1.1. A new one at each call. */
  readonly agent?: (() => Promise<Agent>) | undefined;
}

/** Where Kubernetes mounts what a pod needs to reach the API. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InClusterOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The mounted folder of the ServiceAccount. */
  readonly directory?: string | undefined;
}

/** The configuration of a pod: KUBERNETES_SERVICE_HOST and _PORT, and the files of its ServiceAccount. */
export function inClusterConfig({ env, directory = SERVICE_ACCOUNT }: InClusterOptions): Parsed<ApiConfig> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined || host === "") return { ok: false, problems: [sourceMissing()] };
  const file = new TokenFile(join(directory, "token"));
  const value: ApiConfig = {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    tls: async () => ({ ca: await readFile(join(directory, "ca.crt")) }),
    token: async (isRefused) => file.token(isRefused),
  };
  return { ok: true, value, problems: [] };
}

function sourceMissing(): Problem {
  return {
    code: "SOURCE_MISSING",
    at: { kind: "option", names: ["--manifests", "--kubeconfig"] },
    what: "Cannot start",
    why: "neither is given, and this is not a pod of a cluster (KUBERNETES_SERVICE_HOST is not set)",
    fix: "Give --manifests DIR for a folder of manifests, or --kubeconfig FILE for a cluster",
    severity: "error",
  };
}
