import { parseJson } from "#src/model/parse-json.ts";
import { type Fields, isRecord, listOf, recordsOf, textOf } from "#src/model/record.ts";
import { wallMs } from "#src/process/clock.ts";
import type { TlsMaterial } from "#src/source/kubernetes/api/api-config.ts";
import { findProgram } from "./find-program.ts";
import { type KubeconfigContext, nonEmptyTextOf, type Section } from "./kubeconfig-context.ts";
import { loginFailure } from "./login-failure.ts";
import { runLoginProgram } from "./run-login-program.ts";

/** A server that refuses every login makes us log in again at most this often. */
const RENEW_EVERY_MS = 10_000;
/** How long a login may take. */
export interface LoginDeadlines {
  /** Where no person is there: a program that waits for one must not hold everything up silently. */
  readonly aloneMs: number;
  /** Where a person is there: time to log in with a browser. */
  readonly personMs: number;
  /** For a program that is asked to end, and for what it left behind. */
  readonly graceMs: number;
}

const DEADLINES: LoginDeadlines = { aloneMs: 25_000, personMs: 300_000, graceMs: 2_000 };
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
  readonly #deadlines: LoginDeadlines;
  #credential: Credential | undefined;
  #renewedMs = -Infinity;
  #asking: Promise<Credential> | undefined;

  constructor(context: KubeconfigContext, deadlines = DEADLINES) {
    this.#context = context;
    this.#deadlines = deadlines;
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
      const text = await runLogin(this.#exec, this.#context, this.#deadlines);
      this.#credential = readCredential(text, nonEmptyTextOf(this.#exec, "apiVersion"));
      return this.#credential;
    } catch (error) {
      throw loginFailure(error);
    }
  }
}

/** Runs the program. Resolves with what it printed. */
async function runLogin(exec: Fields, context: KubeconfigContext, deadlines: LoginDeadlines): Promise<string> {
  const named = nonEmptyTextOf(exec, "command");
  if (named === undefined) throw new Error("the exec of the user has no command");
  const isInteractive = "isTTY" in process.stdin && process.stdin.isTTY && exec["interactiveMode"] !== "Never";
  if (exec["interactiveMode"] === "Always" && !isInteractive)
    throw new Error(`${named} logs in with a person alone (interactiveMode: Always), and there is no terminal`);
  const file = findProgram(named, { directory: context.user.directory, path: process.env["PATH"] });
  return runLoginProgram(file, {
    named,
    hint: nonEmptyTextOf(exec, "installHint"),
    args: listOf(exec["args"]).map(String),
    env: { ...process.env, ...variablesOf(exec), KUBERNETES_EXEC_INFO: printInfo(exec, context, isInteractive) },
    isInteractive,
    deadlineMs: isInteractive ? deadlines.personMs : deadlines.aloneMs,
    graceMs: deadlines.graceMs,
  });
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

/** `asked`: the version of the protocol that the kubeconfig names; a program may not answer by another. */
function readCredential(text: string, asked: string | undefined): Credential {
  const value = parseJson(text);
  const status = isRecord(value) ? value["status"] : undefined;
  if (!isRecord(value) || value["kind"] !== "ExecCredential" || !API_VERSIONS.test(String(value["apiVersion"])))
    throw new Error("the program printed no ExecCredential of client.authentication.k8s.io");
  if (asked !== undefined && value["apiVersion"] !== asked)
    throw new Error(`the kubeconfig asks for apiVersion ${asked}, the program answered ${String(value["apiVersion"])}`);
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
