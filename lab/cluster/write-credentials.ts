import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { API_SERVER_NAME } from "./cluster-api.ts";
import { clusterFiles } from "./cluster-files.ts";

/** A user whom the API server knows by a fixed token. */
export interface ClusterUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** May do everything: its group is bound to the role cluster-admin by Kubernetes itself. */
const admin: ClusterUser = { name: "admin", groups: ["system:masters"] };
/** The users that Kubernetes gives its own programs; their roles come with the API server. */
export const CONTROLLER_MANAGER = "system:kube-controller-manager";
export const KUBE_PROXY = "system:kube-proxy";

/** Writes a cluster's keys and tokens unless an earlier one left them there; returns the token of each user. */
export function writeCredentials(directory: string, users: readonly ClusterUser[]): ReadonlyMap<string, string> {
  const files = clusterFiles(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(files.serviceAccountKey)) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(files.serviceAccountKey, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  }
  const known = existsSync(files.tokens) ? readTokens(files.tokens) : new Map<string, string>();
  const all = [admin, { name: CONTROLLER_MANAGER }, { name: KUBE_PROXY }, ...users];
  const tokens = new Map(all.map(({ name }) => [name, known.get(name) ?? randomBytes(24).toString("hex")]));
  const rows = all.map(({ name, groups = [] }) => `${tokens.get(name)},${name},${name},"${groups.join(",")}"\n`);
  writeFileSync(files.tokens, rows.join(""), { mode: 0o600 });
  return tokens;
}

function readTokens(file: string): Map<string, string> {
  const rows = readFileSync(file, "utf8").trim().split("\n");
  return new Map(rows.map((row) => [row.split(",")[1] ?? "", row.split(",")[0] ?? ""]));
}

/** The text of a kubeconfig that needs no other file. */
export function kubeconfigText(options: {
  readonly server: string;
  readonly caFile: string;
  readonly token: string;
}): string {
  const cluster = {
    server: options.server,
    "certificate-authority-data": readFileSync(options.caFile).toString("base64"),
    "tls-server-name": API_SERVER_NAME,
  };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster }],
    users: [{ name: "lab", user: { token: options.token } }],
    contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
    "current-context": "lab",
  });
}
