// A cluster in which people sign in: a provider, an endpoint, two ingress programs, and browsers that find them by their names.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { type Definition, install } from "#lab/cluster/definition.ts";
import { type CommandResult, mustRun, runCommand } from "#lab/rack/run-command.ts";
import { type CliResult, type RunningCli, runCli, startCommand } from "#test/cli/run-cli.ts";
import { config, readManifests } from "#test/config/kustomization.ts";
import { Browser } from "#test/support/browser.ts";
import { closedPort } from "#test/support/ingress-proxy.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { type ProviderOptions, startProvider, type TestProvider } from "#test/support/start-provider.ts";
import { grantRights } from "./grant-rights.ts";
import { typedCommand, type TypingPlace } from "./typed-command.ts";

const INGRESS = fileURLToPath(new URL("../../ingress/main.ts", import.meta.url));
const DAY_MS = 86_400_000;
/** No loopback addresses: the ingress asks no service at these. */
export const ADDRESSES = {
  provider: "192.0.2.101",
  first: "192.0.2.102",
  second: "192.0.2.103",
  endpoint: "192.0.2.104",
  companion: "192.0.2.105",
} as const;
export type Replica = "first" | "second";
export const HOST = "shop.example.com";
const PROVIDER_HOST = "id.example.org";
export const NAMESPACE = "shop";

/** What the endpoint says that it was asked. */
export interface Echo {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export class SignInWorld implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly provider: TestProvider;
  readonly directory: string;
  /** The authority of all certificates, as PEM. */
  readonly ca: string;
  readonly #kubeconfig: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: {
    cluster: Cluster;
    provider: TestProvider;
    directory: string;
    ca: string;
    kubeconfig: string;
    stack: AsyncDisposableStack;
  }) {
    this.cluster = parts.cluster;
    this.provider = parts.provider;
    this.directory = parts.directory;
    this.ca = parts.ca;
    this.#kubeconfig = parts.kubeconfig;
    this.#stack = parts.stack;
  }

  /** `client`: as which the provider knows who sends browsers to it. */
  static async start(
    client: Pick<ProviderOptions, "clientId" | "redirectUris" | "afterLogout" | "canRefresh">,
  ): Promise<SignInWorld> {
    await using starting = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "hawser-sign-in-"));
    starting.defer(() => rmSync(directory, { recursive: true, force: true }));
    const times = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + DAY_MS, keyType: "ec" } as const;
    const issuer = issueCertificate({ ...times, commonName: "authority", isAuthority: true });
    const leaf = (name: string) => issueCertificate({ ...times, commonName: name, issuer, names: [name] });
    await openAddresses(directory, starting);
    const provider = starting.use(
      await startProvider({
        ...client,
        certificate: leaf(PROVIDER_HOST),
        host: PROVIDER_HOST,
        address: ADDRESSES.provider,
        clientSecret: CLIENT_SECRET,
      }),
    );
    const cluster = starting.use(await Cluster.start({ directory: join(directory, "cluster") }));
    const { ingress } = await grantRights(cluster, directory, ["ingress"]);
    await install(cluster, readManifests(join(config, "base/http-policy.yaml"))[0] as unknown as Definition);
    const ca = issuer.certificatePem;
    writeFileSync(join(directory, "ca.crt"), ca);
    const { certificatePem: cert, privateKeyPem: key } = leaf(HOST);
    writeFileSync(join(directory, "tls.crt"), cert);
    writeFileSync(join(directory, "tls.key"), key);
    const parts = { cluster, provider, directory, ca, kubeconfig: ingress };
    const world = new SignInWorld({ ...parts, stack: starting.move() });
    await world.#makeShop();
    return world;
  }

  /** A Service with an endpoint that says what it was asked, and the certificate of its host. */
  async #makeShop(): Promise<void> {
    const endpoint = createServer(({ url, headers }, response) => response.end(JSON.stringify({ url, headers })));
    endpoint.listen(8080, ADDRESSES.endpoint);
    await once(endpoint, "listening");
    this.#stack.defer(() => {
      endpoint.closeAllConnections();
      endpoint.close();
    });
    await this.kubectl(`create namespace ${NAMESPACE}`);
    await this.kubectl(`create secret tls ${HOST} --namespace ${NAMESPACE} --cert tls.crt --key tls.key`);
    await this.apply(`
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx }
spec: { controller: hawser.dev/ingress }
${serviceText("web", ADDRESSES.endpoint, 8080)}`);
  }

  async apply(text: string): Promise<void> {
    await applyManifests(this.cluster.api, text);
  }

  /** Runs a command of kubectl that must succeed, as a person types it, in the folder with the certificates. */
  async kubectl(command: string): Promise<string> {
    return mustRun("kubectl", typedCommand(`kubectl ${command}`, this.#place));
  }

  /** Runs lines that people type. */
  async shell(lines: string): Promise<CommandResult> {
    return runCommand(typedCommand(lines, this.#place));
  }

  get #place(): TypingPlace {
    return { directory: this.directory, kubeconfigFile: this.cluster.kubeconfigFile };
  }

  /** `hawser ARGS` of the cluster's admin. */
  async hawser(...args: readonly string[]): Promise<CliResult> {
    return runCli([...args, "--kubeconfig", this.cluster.kubeconfigFile]);
  }

  /** Starts an ingress program at its address; resolves when it is ready. */
  async startIngress(replica: Replica, env: Record<string, string> = {}): Promise<RunningCli> {
    const place = ["--kubeconfig", this.#kubeconfig, `--bind-address=${ADDRESSES[replica]}`];
    const ports = ["--http-port=80", "--https-port=443", "--default-backend-port=0"];
    const admin = ["--admin-address=127.0.0.1", `--admin-port=${await closedPort()}`];
    const status = [`--publish-status-address=${ADDRESSES.first}`];
    const args = [INGRESS, ...place, ...ports, ...admin, ...status, "--ingress-class=nginx", "--drain-delay=0"];
    return this.startProgram([process.execPath, ...args], /"msg":"ready"/, env);
  }

  /** Starts a program that runs until the world ends; resolves when it says that it is ready. */
  async startProgram(command: readonly string[], ready: RegExp, env: Record<string, string> = {}): Promise<RunningCli> {
    const [file = "", ...args] = command;
    const running = startCommand(file, args, env);
    this.#stack.defer(async () => {
      running.child.kill("SIGKILL");
      await running.ended;
    });
    await running.says(ready);
    return running;
  }

  /** A browser whose requests for the host go to the replica that `next` says. */
  browser(next: () => Replica): Browser {
    const addressOf = (host: string) => (host === HOST ? ADDRESSES[next()] : ADDRESSES.provider);
    return new Browser({ ca: this.ca, addressOf });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

export const CLIENT_SECRET = "very-secret-words";

/** A Service with one endpoint outside of the cluster. */
export function serviceText(name: string, address: string, port: number): string {
  return `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${NAMESPACE} }
spec: { ports: [{ port: ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, namespace: ${NAMESPACE}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: "", port: ${port}, protocol: TCP }]
endpoints: [{ addresses: [${address}], conditions: { ready: true } }]
`;
}

/** Gives the namespaces of the run the addresses, and names for them, which all programs find. */
async function openAddresses(directory: string, stack: AsyncDisposableStack): Promise<void> {
  for (const address of Object.values(ADDRESSES)) {
    await mustRun("add an address", ["ip", "address", "replace", `${address}/32`, "dev", "lo"]);
    stack.defer(async () => void (await runCommand(["ip", "address", "del", `${address}/32`, "dev", "lo"])));
  }
  const hosts = join(directory, "hosts");
  const names = [`${ADDRESSES.provider} ${PROVIDER_HOST}`, `${ADDRESSES.first} ${HOST}`, `${ADDRESSES.second} ${HOST}`];
  writeFileSync(hosts, [readFileSync("/etc/hosts", "utf8"), ...names, ""].join("\n"));
  await mustRun("name the addresses", ["mount", "--bind", hosts, "/etc/hosts"]);
  stack.defer(async () => void (await runCommand(["umount", "/etc/hosts"])));
}
