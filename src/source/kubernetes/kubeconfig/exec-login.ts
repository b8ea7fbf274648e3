import { spawn } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { parseJson } from "#src/model/parse-json.ts";
import { type Fields, isRecord, listOf, recordsOf, textOf } from "#src/model/record.ts";
import { wallMs } from "#src/process/clock.ts";
import type { TlsMaterial } from "#src/source/kubernetes/api/api-config.ts";
import { type KubeconfigContext, nonEmptyTextOf, type Section } from "./kubeconfig-context.ts";
import { loginFailure } from "./login-failure.ts";

/** A server that refuses every login makes us log in again at most this often. */
const RENEW_EVERY_MS = 10_000;
/** A program that waits for a person must not hold everything up silently. */
const DEADLINE_MS = 25_000;
/** The same where a person is there: time to log in with a browser. */
const PERSON_DEADLINE_MS = 300_000;
const MAX_OUTPUT_LENGTH = 1 << 20;
const API_VERSIONS = /^client\.authentication\.k8s\.io\/(?:v1|v1beta1|v1alpha1)$/;

interface Credential {
  readonly token: string | undefined;
  readonly certificate: TlsMaterial;
  /** When it is over; Infinity where the program does not say. */
  readonly endMs: number;
}

/**
 * Logs in by the program that a kubeconfig names (`exec`): kubectl's protocol, client.authentication.k8s.io. The program is run
 * again once the `expirationTimestamp` of what it gave is over, or when the API server refuses it.
 */
export class ExecLogin {
  readonly #context: KubeconfigContext;
  readonly #exec: Fields;
  #credential: Credential | undefined;
  #renewedMs = -Infinity;
  #asking: Promise<Credential> | undefined;

  constructor(context: KubeconfigContext) {
    this.#context = context;
    const { exec } = context.user.fields;
    this.#exec = isRecord(exec) ? exec : {};
  }

  /** The token, if there is one; `isRefused`: the API server did not take the last one. Rejects with LOGIN_FAILED. */
  async token(isRefused: boolean): Promise<string | undefined> {
    if (isRefused) this.#renew();
    return (await this.#ask()).token;
  }

  /** The client certificate, if the program gave one. Rejects with LOGIN_FAILED. */
  async certificate(): Promise<TlsMaterial> {
    return (await this.#ask()).certificate;
  }

  #renew(): void {
    if (wallMs() - this.#renewedMs < RENEW_EVERY_MS) return;
    this.#renewedMs = wallMs();
    this.#credential = undefined;
  }

  /** One at a time: many requests must not run the program many times. */
  async #ask(): Promise<Credential> {
    if (this.#credential !== undefined && wallMs() < this.#credential.endMs) return this.#credential;
    this.#asking ??= this.#run().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #run(): Promise<Credential> {
    try {
      const text = await runLogin(this.#exec, this.#context);
      this.#credential = readCredential(text);
      return this.#credential;
    } catch (error) {
      throw loginFailure(error);
    }
  }
}

/** Runs the program. Resolves with what it printed. */
async function runLogin(exec: Fields, context: KubeconfigContext): Promise<string> {
  const named = nonEmptyTextOf(exec, "command");
  if (named === undefined) throw new Error("the exec of the user has no command");
  const { directory } = context.user;
  // As client-go does: a path is relative to the kubeconfig.
  const command = named.includes("/") && !isAbsolute(named) ? join(directory, named) : named;
  const isInteractive = "isTTY" in process.stdin && process.stdin.isTTY && exec["interactiveMode"] !== "Never";
  if (exec["interactiveMode"] === "Always" && !isInteractive)
    throw new Error(`${named} logs in with a person alone (interactiveMode: Always), and there is no terminal`);
  const child = spawn(command, listOf(exec["args"]).map(String), {
    env: { ...process.env, ...variablesOf(exec), KUBERNETES_EXEC_INFO: printInfo(exec, context, isInteractive) },
    stdio: [isInteractive ? "inherit" : "ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      if (said[name].length < MAX_OUTPUT_LENGTH) said[name] += text;
      // What a person has to do to log in.
      if (isInteractive && name === "stderr") process.stderr.write(text);
    });
  }
  const deadlineMs = isInteractive ? PERSON_DEADLINE_MS : DEADLINE_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    child.kill();
    reject(new Error(`no end within ${deadlineMs / 1_000} s; does it wait for a person?`));
  }, deadlineMs);
  child.on("error", ({ message }) => {
    const hint = nonEmptyTextOf(exec, "installHint");
    reject(new Error([message, hint].filter((text) => text !== undefined).join("; ")));
  });
  child.on("close", (code, signal) => {
    if (code === 0) resolve();
    else reject(new Error(said.stderr.trim() || `${named} ended with ${code ?? signal}`));
  });
  await promise.finally(() => clearTimeout(timer));
  return said.stdout;
}

/** What the program learns of the call: the version of the protocol, and the cluster where it asks for it. */
function printInfo(exec: Fields, { cluster }: KubeconfigContext, interactive: boolean): string {
  const about = exec["provideClusterInfo"] === true ? { cluster: clusterInfo(cluster) } : {};
  const spec = { ...about, interactive };
  return JSON.stringify({ apiVersion: exec["apiVersion"], kind: "ExecCredential", spec });
}

/** The cluster in the names of the protocol, which are those of a kubeconfig without the paths of files. */
function clusterInfo({ fields }: Section): Fields {
  const names = ["server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url"];
  const known = names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]] as const);
  const own = recordsOf(fields["extensions"]).find(({ name }) => name === "client.authentication.k8s.io/exec");
  return { ...Object.fromEntries(known), ...(own === undefined ? {} : { config: own["extension"] }) };
}

function readCredential(text: string): Credential {
  const value = parseJson(text);
  const status = isRecord(value) ? value["status"] : undefined;
  if (!isRecord(value) || value["kind"] !== "ExecCredential" || !API_VERSIONS.test(String(value["apiVersion"])))
    throw new Error("the program printed no ExecCredential of client.authentication.k8s.io");
  if (!isRecord(status)) throw new Error("the program printed an ExecCredential without status");
  const [cert, key] = [nonEmptyTextOf(status, "clientCertificateData"), nonEmptyTextOf(status, "clientKeyData")];
  const token = nonEmptyTextOf(status, "token");
  if (token === undefined && (cert === undefined || key === undefined))
    throw new Error("the program printed neither a token nor a client certificate with its key");
  const endMs = Date.parse(nonEmptyTextOf(status, "expirationTimestamp") ?? "");
  const certificate = cert === undefined || key === undefined ? {} : { cert, key };
  return { token, certificate, endMs: Number.isNaN(endMs) ? Infinity : endMs };
}

function variablesOf(exec: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(recordsOf(exec["env"]).map(({ name, value }) => [textOf(name), textOf(value)] as const));
}
