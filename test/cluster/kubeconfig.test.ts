import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { API_SERVER_NAME } from "#lab/cluster/cluster-api.ts";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { FaultProxy } from "#lab/faults/fault-proxy.ts";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Source } from "#src/source/source.ts";
import { startCommand } from "#test/cli/run-cli.ts";
import { refTo, serviceManifest } from "#test/source/contract.ts";
import { ConnectProxy } from "#test/support/connect-proxy.ts";
import { eventually } from "#test/support/eventually.ts";
import { OidcProvider } from "#test/support/oidc-provider.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);
const hasOpenssl = spawnSync("openssl", ["version"]).error === undefined;
if (!hasOpenssl) console.log("client certificates are not tried: there is no openssl here (apt-get install openssl)");

const log = createLogger({ component: "test", level: "silent" });
const CLIENT_ID = "hawser";
const SERVICES = "/api/v1/namespaces/shop/services";
const HOOK = fileURLToPath(new URL("../support/count-loads.mjs", import.meta.url));
const CONTROLLER = fileURLToPath(new URL("../../controller/main.ts", import.meta.url));

const PROGRAM_OPTIONS = ["--namespace", "shop", "--admin-port", "0"];
/** Where a pod finds its account. Below /run, which in the namespaces of the lab is its own. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const isOurRun = process.env["HAWSER_RACK"] === "1" && realpathSync("/var/run") === "/run";

type Fields = Readonly<Record<string, unknown>>;

describe.skipIf(reason !== undefined)("kubeconfigs on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  let provider: OidcProvider;
  let clientPair: { readonly cert: string; readonly key: string };
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-kubeconfig-"));
    const certFile = join(directory, "client.crt");
    const keyFile = join(directory, "client.key");
    const providerFiles = { certFile: join(directory, "idp.crt"), keyFile: join(directory, "idp.key") };
    makeCertificate(certFile, keyFile, ["-subj", "/O=system:masters/CN=by-certificate"]);
    const names = "subjectAltName=IP:127.0.0.1";
    makeCertificate(providerFiles.certFile, providerFiles.keyFile, ["-subj", "/CN=idp", "-addext", names]);
    clientPair = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
    provider = await OidcProvider.start({ ...providerFiles, clientId: CLIENT_ID });
    cluster = await Cluster.start({
      directory,
      apiServerFlags: [
        `--client-ca-file=${certFile}`,
        `--oidc-issuer-url=${provider.issuer}`,
        `--oidc-client-id=${CLIENT_ID}`,
        `--oidc-ca-file=${providerFiles.certFile}`,
        "--oidc-groups-claim=groups",
      ],
    });
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: "shop" } } });
    await cluster.api.must({ path: SERVICES, body: serviceManifest("a") });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await cluster.stop();
    await provider[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  function makeCertificate(certFile: string, keyFile: string, more: readonly string[]): void {
    const how = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", ...how, "-keyout", keyFile, "-out", certFile, ...more], { stdio: "ignore" });
  }

  function write(user: Fields, more: Fields = {}): string {
    const file = join(directory, `${randomBytes(4).toString("hex")}.kubeconfig`);
    const known = { server: cluster.url, "certificate-authority": cluster.caFile, "tls-server-name": API_SERVER_NAME };
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
      clusters: [{ name: "k", cluster: { ...known, ...more } }],
      users: [{ name: "u", user }],
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** A program that logs in: each run takes the next of the given credentials, the last one for ever. */
  function plugin(...statuses: readonly Fields[]): { readonly exec: Fields; runs(): number; info(): unknown } {
    const name = `login-${randomBytes(4).toString("hex")}`;
    const script = join(directory, name);
    const credentials = statuses.map((status) =>
      JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }),
    );
    const cases = credentials.map((text, at) => `${at === credentials.length - 1 ? "*" : at + 1}) echo '${text}';;`);
    const lines = [
      "#!/bin/sh",
      `echo run >> ${script}.runs`,
      `printf %s "$KUBERNETES_EXEC_INFO" > ${script}.info`,
      `case $(wc -l < ${script}.runs) in`,
      ...cases,
      "esac",
    ];
    writeFileSync(script, `${lines.join("\n")}\n`, { mode: 0o755 });
    const count = (): number => (existsSync(`${script}.runs`) ? readFileSync(`${script}.runs`, "utf8").length / 4 : 0);
    // Named as a path beside the kubeconfig.
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: `./${name}`, interactiveMode: "Never" };
    return { exec, runs: count, info: () => JSON.parse(readFileSync(`${script}.info`, "utf8")) as unknown };
  }

  interface Opened {
    readonly source: Source;
    readonly ready: Promise<void>;
    readonly told: readonly Problem[];
  }

  function open(kubeconfig: string): Opened {
    const config = readKubeconfig(kubeconfig);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    const source = openKubernetesSource({ config: config.value, namespace: "shop", component: "hawser-test", log });
    closers.push(async () => source.close());
    const told: Problem[] = [];
    const onProblems = (_: string, problems: readonly Problem[]): void => void told.push(...problems);
    return { source, told, ready: source.open(["Service"], { onChange: () => undefined, onProblems }) };
  }

  /** What every way in must do: list, write, and hear by a watch what another one wrote. */
  async function expectWorks({ source, ready, told }: Opened): Promise<void> {
    await vi.waitFor(
      () => expect([...told.map(({ why }) => why), ...source.list("Service").keys()]).toContain("shop/a"),
      eventually,
    );
    await ready;
    const note = randomBytes(4).toString("hex");
    expect(await source.patch(refTo("a"), { annotations: { "hawser.dev/note": note } })).toBe("written");
    const name = `s${note}`;
    await cluster.api.must({ path: SERVICES, body: serviceManifest(name) });
    await vi.waitFor(() => expect([...source.list("Service").keys()]).toContain(`shop/${name}`), eventually);
    expect(told).toEqual([]);
  }

  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

  it("a program's token is used for as long as it holds: one run for all requests", async () => {
    const { exec, runs, info } = plugin({ token: cluster.adminToken, expirationTimestamp: inAnHour() });
    const opened = open(write({ exec }));
    await expectWorks(opened);
    for (const count of [1, 2, 3]) {
      const patch = { annotations: { "hawser.dev/count": String(count) } };
      expect(await opened.source.patch(refTo("a"), patch)).toBe("written");
    }
    expect(runs()).toBe(1);
    expect(info()).toMatchObject({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential" });
  });

  it("a program is run again once its expirationTimestamp is over", async () => {
    const over = new Date(Date.now() - 1_000).toISOString();
    const { exec, runs } = plugin(
      { token: cluster.adminToken, expirationTimestamp: over },
      { token: cluster.adminToken, expirationTimestamp: inAnHour() },
    );
    await expectWorks(open(write({ exec })));
    expect(runs()).toBe(2);
  });

  it("a program is run again when the API server refuses its token (401), though it claims to hold", async () => {
    const { exec, runs } = plugin(
      { token: "revoked", expirationTimestamp: inAnHour() },
      { token: cluster.adminToken, expirationTimestamp: inAnHour() },
    );
    await expectWorks(open(write({ exec })));
    expect(runs()).toBe(2);
  });

  it("a program whose tokens are all refused is not run at each request, and the refusal is told", async () => {
    const { exec, runs } = plugin({ token: "revoked" });
    const { source, told } = open(write({ exec }));
    await vi.waitFor(() => expect(told.map(({ code }) => code)).toContain("API_ACCESS_REFUSED"), eventually);
    const patches = [1, 2, 3].map(async (count) => source.report(`r${count}`, {}).catch(() => undefined));
    await Promise.all(patches);
    expect(runs()).toBeLessThanOrEqual(2);
  });

  it("a program that fails is told with what it said", async () => {
    const exec = { command: "sh", args: ["-c", "echo 'no ticket; run kinit' >&2; exit 1"] };
    const { told } = open(write({ exec }));
    await vi.waitFor(() => expect(told).toMatchObject([{ code: "API_LOGIN_FAILED" }]), eventually);
    expect(told[0]?.why).toContain("no ticket; run kinit");
  });

  it.skipIf(!hasOpenssl)("a program may give a client certificate", async () => {
    const { cert, key } = clientPair;
    const { exec } = plugin({
      clientCertificateData: cert.replaceAll("\n", "\\n"),
      clientKeyData: key.replaceAll("\n", "\\n"),
    });
    await expectWorks(open(write({ exec })));
  });

  it.skipIf(!hasOpenssl)("a client certificate may be in the kubeconfig or beside it", async () => {
    const [cert, key] = [clientPair.cert, clientPair.key].map((text) => Buffer.from(text).toString("base64"));
    await expectWorks(open(write({ "client-certificate-data": cert, "client-key-data": key })));
    await expectWorks(open(write({ "client-certificate": "client.crt", "client-key": "client.key" })));
  });

  it.skipIf(!hasOpenssl)("a certificate that is refused is read again for the next connection", async () => {
    const [certFile, keyFile] = [join(directory, "rotated.crt"), join(directory, "rotated.key")];
    makeCertificate(certFile, keyFile, ["-subj", "/CN=nobody-vouches-for-it"]);
    const { source, ready, told } = open(write({ "client-certificate": certFile, "client-key": keyFile }));
    await vi.waitFor(() => expect(told.map(({ code }) => code)).toContain("API_ACCESS_REFUSED"), eventually);
    writeFileSync(certFile, clientPair.cert);
    writeFileSync(keyFile, clientPair.key);
    await ready;
    expect([...source.list("Service").keys()]).toContain("shop/a");
  });

  it.skipIf(!hasOpenssl)("OpenID Connect: an id-token that is over is renewed, once for all requests", async () => {
    const config = {
      "client-id": CLIENT_ID,
      "idp-issuer-url": provider.issuer,
      "idp-certificate-authority": join(directory, "idp.crt"),
      "refresh-token": "first",
      "id-token": provider.idToken("before", -60),
    };
    // The API server asks the provider for its keys every ten seconds until it has them.
    const token = provider.idToken("early", 600);
    await vi.waitFor(
      async () => expect((await cluster.api.request({ path: SERVICES, token })).status).toBe(200),
      eventually,
    );
    await expectWorks(open(write({ "auth-provider": { name: "oidc", config } })));
    expect(provider.renewals).toBe(1);
  });

  it("a proxy carries everything, watches too, with few connections", async () => {
    await using proxy = await ConnectProxy.start();
    const opened = open(write({ token: cluster.adminToken }, { "proxy-url": proxy.url }));
    await expectWorks(opened);
    for (let count = 0; count < 20; count++)
      await opened.source.patch(refTo("a"), { annotations: { "hawser.dev/count": `proxied-${count}` } });
    const { host } = new URL(cluster.url);
    expect(new Set(proxy.tunnels)).toEqual(new Set([host]));
    expect(proxy.tunnels.length).toBeLessThanOrEqual(4);
    await opened.source.close();
  });

  it("acts as another user where the kubeconfig says so", async () => {
    const { told } = open(write({ token: cluster.adminToken, as: "jane", "as-groups": ["buyers"] }));
    await vi.waitFor(() => expect(told).toMatchObject([{ code: "API_ACCESS_REFUSED" }]), eventually);
    expect(told[0]?.why).toContain('User "jane"');
  });

  describe("an API server that speaks HTTP/1.1 alone", () => {
    let proxy: FaultProxy;
    beforeAll(async () => {
      proxy = await FaultProxy.start({ cluster, directory, protocol: "http/1.1" });
    });
    afterAll(() => proxy[Symbol.dispose]());

    it("is read, watched and written, on connections that are kept", async () => {
      const before = proxy.front.connections;
      const opened = open(write({ token: cluster.adminToken }, { server: proxy.url }));
      await expectWorks(opened);
      for (let count = 0; count < 20; count++)
        await opened.source.patch(refTo("a"), { annotations: { "hawser.dev/count": `plain-${count}` } });
      expect(proxy.watches).toBe(1);
      // One to learn what it speaks, one for the watch, one for the rest, and one to spare.
      expect(proxy.front.connections - before).toBeLessThanOrEqual(4);
    });

    it("goes on after its connections were cut, from where it was", async () => {
      const opened = open(write({ token: cluster.adminToken }, { server: proxy.url }));
      await expectWorks(opened);
      const lists = (): number => proxy.requests.filter(({ path }) => path.endsWith("services?limit=500")).length;
      const before = lists();
      proxy.front.cut();
      await cluster.api.must({ path: SERVICES, body: serviceManifest("after-the-cut") });
      const keys = (): readonly string[] => [...opened.source.list("Service").keys()];
      await vi.waitFor(() => expect(keys()).toContain("shop/after-the-cut"), eventually);
      expect(lists()).toBe(before);
    });
  });

  describe("@kubernetes/client-node", () => {
    const controller = (kubeconfig: string, env: Readonly<Record<string, string>> = {}) => {
      const options = ["--kubeconfig", kubeconfig, ...PROGRAM_OPTIONS];
      const running = startCommand(process.execPath, ["--import", HOOK, CONTROLLER, ...options], env);
      closers.push(async () => running.child.kill("SIGKILL"));
      return running;
    };

    async function stderrOf(running: ReturnType<typeof controller>): Promise<string> {
      await running.says(/"msg":"ready"/);
      running.child.kill("SIGTERM");
      return (await running.ended).stderr;
    }

    it("is not loaded for a token, a certificate, a program or an HTTP proxy, and is for a SOCKS proxy", async () => {
      expect(await stderrOf(controller(cluster.kubeconfigFile))).not.toContain("client-node is loaded");
      if (hasOpenssl) {
        const files = write({ "client-certificate": "client.crt", "client-key": "client.key" });
        expect(await stderrOf(controller(files))).not.toContain("client-node is loaded");
      }
      const { exec } = plugin({ token: cluster.adminToken });
      expect(await stderrOf(controller(write({ exec })))).not.toContain("client-node is loaded");
      await using proxy = await ConnectProxy.start();
      const proxied = write({ token: cluster.adminToken }, { "proxy-url": proxy.url });
      expect(await stderrOf(controller(proxied))).not.toContain("client-node is loaded");
      const running = controller(write({ token: cluster.adminToken }, { "proxy-url": "socks5://127.0.0.1:1" }));
      await running.says(/API_/);
      running.child.kill("SIGTERM");
      expect((await running.ended).stderr).toContain("client-node is loaded");
    });

    it.skipIf(!isOurRun)("is not loaded in a pod", async () => {
      mkdirSync(SERVICE_ACCOUNT, { recursive: true });
      closers.push(async () => Promise.resolve(rmSync(SERVICE_ACCOUNT, { recursive: true })));
      copyFileSync(cluster.caFile, join(SERVICE_ACCOUNT, "ca.crt"));
      writeFileSync(join(SERVICE_ACCOUNT, "token"), cluster.adminToken);
      const { hostname, port } = new URL(cluster.url);
      const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
      const running = startCommand(process.execPath, ["--import", HOOK, CONTROLLER, ...PROGRAM_OPTIONS], env);
      closers.push(async () => running.child.kill("SIGKILL"));
      expect(await stderrOf(running)).not.toContain("client-node is loaded");
    });

    it("is not needed for a token, and its absence is told where it is", async () => {
      const absent = { HAWSER_TEST_ABSENT: "1" };
      expect(await stderrOf(controller(cluster.kubeconfigFile, absent))).not.toContain("client-node");
      const behind = write({ token: cluster.adminToken }, { "proxy-url": "socks5://127.0.0.1:1" });
      const { code, stderr } = await controller(behind, absent).ended;
      expect([code, stderr]).toEqual([2, expect.stringContaining("[KUBECONFIG_UNSUPPORTED]")]);
      expect(stderr).toContain("@kubernetes/client-node");
    });
  });
});
