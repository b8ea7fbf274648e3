import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import type { Explanation } from "#src/view/explain.ts";
import type { StatusView } from "#src/view/status-view.ts";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { createLogger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Source } from "#src/source/source.ts";
import { runCli, startCli } from "#test/cli/run-cli.ts";
import { root } from "#test/docs/page.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const NAMESPACE = "hawser-system";
const pools = `address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.0/29]
`;
const web = { kind: "Service", namespace: "shop", name: "web" } as const;
/** Nothing but what a test gives, so that no kubeconfig of this machine is found. */
const nowhere = { KUBECONFIG: "", HOME: "/nowhere", KUBERNETES_SERVICE_HOST: "" };

describe.skipIf(reason !== undefined)("hawser status and check on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  let programs: Source;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-status-"));
    cluster = await Cluster.start({ directory, users: [{ name: "guest" }] });
    for (const name of [NAMESPACE, "shop"])
      await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name } } });
    const configMap = { metadata: { name: "hawser" }, data: { config: pools } };
    await cluster.api.must({ path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body: configMap });
    for (const name of ["web", "late"]) {
      const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
      await cluster.api.must({ path: "/api/v1/namespaces/shop/services", body: { metadata: { name }, spec } });
    }
    await writeAsPrograms();
  });
  afterAll(async () => {
    await programs.close();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  /** What a controller and two speakers write. They stay, for their reports would go with them. */
  async function writeAsPrograms(): Promise<void> {
    const config = readKubeconfig(cluster.kubeconfigFile);
    if (!config.ok) throw new Error("no kubeconfig");
    const log = createLogger({ component: "test", level: "silent" });
    const source = openKubernetesSource({
      config: config.value,
      namespace: NAMESPACE,
      component: "hawser-controller",
      log,
    });
    programs = source;
    await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    await new Promise<void>((resolve) => void source.lead("hawser-controller", (leads) => leads && resolve()));
    await source.patch(web, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
    const late = { ...web, name: "late" };
    source.record({ about: late, type: "Warning", reason: "PoolExhausted", message: "pool default is full" });
    const members = [{ node: "n1" }, { node: "n2" }];
    await source.report("speaker-n2", { node: "n2", ready: true, announcing: [{ ip: "192.0.2.7", term: 1 }], members });
    await source.report("speaker-n1", { node: "n1", ready: true, announcing: ["192.0.2.1-3"], members });
    const events = "/api/v1/namespaces/shop/events?fieldSelector=source=hawser-controller";
    await vi.waitFor(
      async () => expect((await cluster.api.must<{ items: unknown[] }>({ path: events })).items).toHaveLength(1),
      { timeout: 20_000 },
    );
  }

  /** What the kubelets say of the speakers' pods, by node. */
  async function showPods(states: Readonly<Record<string, object>>): Promise<void> {
    const namespace = `/api/v1/namespaces/${NAMESPACE}`;
    await cluster.api.request({ path: `${namespace}/serviceaccounts`, body: { metadata: { name: "default" } } });
    for (const [node, state] of Object.entries(states)) {
      const name = `hawser-speaker-${node}`;
      const labels = { "app.kubernetes.io/name": "hawser", "app.kubernetes.io/component": "speaker" };
      const spec = { nodeName: node, containers: [{ name: "speaker", image: "x" }] };
      await cluster.api.request({ path: `${namespace}/pods`, body: { metadata: { name, labels }, spec } });
      const containerStatuses = [{ name: "speaker", image: "x", imageID: "", ready: true, restartCount: 0, state }];
      const conditions = [{ type: "Ready", status: "running" in state ? "True" : "False" }];
      await cluster.api.must({
        method: "PATCH",
        path: `${namespace}/pods/${name}/status`,
        contentType: "application/merge-patch+json",
        body: { status: { phase: "Running", conditions, containerStatuses } },
      });
    }
  }

  async function viewAs(kubeconfig: string, ...args: readonly string[]) {
    const { code, stdout, stderr } = await runCli(["status", "--json", "--kubeconfig", kubeconfig, ...args]);
    expect(stderr).toBe("");
    return { code, ...(JSON.parse(stdout) as StatusView) };
  }

  it("status shows the same page as from a folder, and who leads", async () => {
    const { code, stdout, stderr } = await runCli(["status", "--kubeconfig", cluster.kubeconfigFile]);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "));
    for (const line of [
      "POOL | SIZE | USED | AUTO-ASSIGN | RANGES",
      "default | 8 | 2 | yes | 192.0.2.0-192.0.2.7",
      "shop/late | pending | - | - | - | 0 of 0 | - | no controller has written its status yet",
      "shop/web | 192.0.2.1 | default | n1? | none | 0 of 0 | - | NoReadyEndpoint: its address is announced, but no pod behind it is ready",
    ])
      expect(lines).toContain(line);
    expect(stdout).toMatch(/^n1 +up\? +192\.0\.2\.1, 192\.0\.2\.2, 192\.0\.2\.3 /m);
    expect(stdout).toMatch(/^ELECTION +LEADER +RENEWED\nhawser-controller +\S+_\S+ +\d+s$/m);
    expect(stdout).toMatch(/Warning +PoolExhausted +Service shop\/late +pool default is full$/m);
    expect(stdout).not.toContain("kubernetes");
  });

  it("C E pools counts the addresses, and plan foretells what a change of them does", async () => {
    const counted = await runCli(["pools", "-o", "json", "--kubeconfig", cluster.kubeconfigFile]);
    expect(counted.code).toBe(0);
    const { pools: views } = JSON.parse(counted.stdout) as { pools: readonly object[] };
    const counts = { size: "8", used: "2", free: "6", orphaned: "0", resting: "0", excluded: "0" };
    expect(views).toEqual([{ pool: "default", family: "ipv4", ...counts }]);
    const file = join(directory, "change.yaml");
    const plan = async (range: string) => {
      const metadata = { name: "hawser", namespace: NAMESPACE };
      const data = { config: pools.replace("192.0.2.0/29", range) };
      writeFileSync(file, stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data }));
      const { code, stdout } = await runCli(["plan", "-o", "json", "-f", file, "--kubeconfig", cluster.kubeconfigFile]);
      return { code, ...(JSON.parse(stdout) as object) };
    };
    const gain = (address: string) => [{ service: "shop/late", address }];
    const none = { gain: [], lose: [], move: [], orphan: [], problems: [] };
    expect(await plan("192.0.2.0/28")).toEqual({ code: 0, ...none, keep: 1, gain: gain("192.0.2.0") });
    // Nothing says that Hawser or MetalLB assigned it: outside of the pools it is not ours, and is exchanged.
    const move = [expect.objectContaining({ service: "shop/web", from: "192.0.2.1" })];
    expect(await plan("198.51.100.0/29")).toMatchObject({ code: 3, keep: 0, lose: [], move, orphan: [] });
  });

  it("status finds the cluster as kubectl does: $KUBECONFIG, ~/.kube/config, --context", async () => {
    const servicesOf = async (args: readonly string[], env: Record<string, string>) => {
      const { code, stdout, stderr } = await runCli(["status", "--json", ...args], { ...nowhere, ...env });
      expect([code, stderr]).toEqual([0, ""]);
      return (JSON.parse(stdout) as StatusView).services.map(({ service }) => service);
    };
    expect(await servicesOf([], { KUBECONFIG: `/none:${cluster.kubeconfigFile}` })).toEqual(["shop/late", "shop/web"]);
    mkdirSync(join(directory, ".kube"));
    const config = parse(readFileSync(cluster.kubeconfigFile, "utf8")) as { contexts: { name: string }[] };
    const other = { ...config.contexts[0], name: "other" };
    const text = stringify({ ...config, contexts: [other], "current-context": "gone" });
    writeFileSync(join(directory, ".kube", "config"), text);
    expect(await servicesOf(["--context", "other"], { HOME: directory })).toEqual(["shop/late", "shop/web"]);
    const { code, stderr } = await runCli(["status"], { ...nowhere, HOME: directory });
    expect([code, stderr]).toEqual([2, expect.stringContaining('no context "gone", but other')]);
  });

  it.each([
    { verb: "status", code: 1 },
    { verb: "check", code: 2 },
  ])("$verb says what is wrong with the cluster, and how to fix it", async ({ verb, code }) => {
    const args = verb === "check" ? [verb, "--cluster"] : [verb];
    const none = await runCli(args, nowhere);
    expect([none.code, none.stdout + none.stderr]).toEqual([2, expect.stringContaining("SOURCE_MISSING")]);

    const refusing = createServer();
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const { port } = refusing.address() as { port: number };
    await new Promise((resolve) => refusing.close(resolve));
    const file = join(directory, "other.kubeconfig");
    cluster.writeKubeconfig(file, { server: `https://127.0.0.1:${port}` });
    const gone = await runCli([...args, "--kubeconfig", file]);
    expect([gone.code, gone.stdout + gone.stderr]).toEqual([code, expect.stringContaining("API_SERVER_UNREACHABLE")]);
    expect(gone.stdout + gone.stderr).toContain("ECONNREFUSED");

    cluster.writeKubeconfig(file, { token: "nonsense" });
    const stranger = await runCli([...args, "--kubeconfig", file]);
    expect([stranger.code, stranger.stdout + stranger.stderr]).toEqual([code, expect.stringContaining("Log in again")]);

    cluster.writeKubeconfig(file, { token: cluster.tokenOf("guest") });
    const guest = await runCli([...args, "--kubeconfig", file]);
    expect(guest.code).toBe(code);
    expect(guest.stdout + guest.stderr).toContain('User "guest" cannot list resource "services"');
    expect(guest.stdout + guest.stderr).toContain("Ask for the right to list these");
  });

  it("F explain and D history read a cluster as status does", async () => {
    const at = new Date().toISOString();
    const holdings = [{ at, change: "assigned", address: "192.0.2.1", service: "shop/web" }];
    await programs.report("hawser-history", { holdings, announcements: [] }, { topic: "history" });
    const explained = await runCli(["explain", "shop/web", "-o", "json", "--kubeconfig", cluster.kubeconfigFile]);
    const { subject, steps } = JSON.parse(explained.stdout) as Explanation;
    expect([explained.code, subject.addresses]).toEqual([1, ["192.0.2.1"]]);
    const verdicts = Object.fromEntries(steps.map(({ step, verdict }) => [step, verdict]));
    // No pod says that its speaker runs.
    expect(verdicts).toMatchObject({
      object: "ok",
      controller: "ok",
      config: "ok",
      owner: "unknown",
      endpoints: "bad",
    });
    // Of another type: all Services are read.
    const other = await runCli(["explain", "default/kubernetes", "--kubeconfig", cluster.kubeconfigFile]);
    expect([other.code, other.stdout]).toEqual([1, expect.stringContaining("It is a Service of type ClusterIP")]);
    const history = await runCli(["history", "192.0.2.1", "--kubeconfig", cluster.kubeconfigFile]);
    expect([history.code, history.stderr]).toEqual([0, ""]);
    expect(history.stdout).toMatch(/Z {2}assigned {3}192\.0\.2\.1 {2}to shop\/web$/m);
  });

  it("O3 status shows ? for what a user may not see, names the missing rights and exits with 1", async () => {
    await grant("guest-sees", [{ apiGroups: [""], resources: ["services"], verbs: ["list"] }]);
    const file = join(directory, "guest.kubeconfig");
    cluster.writeKubeconfig(file, { token: cluster.tokenOf("guest") });
    await vi.waitFor(
      async () => {
        const view = await viewAs(file);
        expect([view.code, view.services.length]).toEqual([1, 2]);
        expect(view.unknown).toEqual(["pools", "nodes", "endpoints", "pods", "speakers", "leaders", "events"]);
        expect(new Set(view.problems.map((problem) => problem.code))).toEqual(new Set(["API_ACCESS_REFUSED"]));
        for (const right of ["configmaps", "nodes", "endpointslices", "pods", "leases", "events"])
          expect(view.problems.map(({ why }) => why).join("\n")).toContain(`cannot list resource "${right}"`);
      },
      { timeout: 30_000 },
    );
    const { stdout } = await runCli(["status", "--kubeconfig", file]);
    expect(stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "))).toContain(
      "shop/web | 192.0.2.1 | - | ? | ? | ? | - | -",
    );
    const explained = await runCli(["explain", "shop/web", "--kubeconfig", file]);
    expect([explained.code, explained.stderr]).toEqual([
      0,
      expect.stringContaining('cannot list resource "ingresses"'),
    ]);
    for (const step of ["controller", "config", "pool", "owner", "candidate", "endpoints", "ingress"])
      expect(explained.stdout).toMatch(new RegExp(`^\\? +${step} `, "m"));
  });

  it("O3 status shows everything to a user with the rights of config/status-viewer", async () => {
    const rights = parseAllDocuments(readFileSync(join(root, "config/status-viewer/rights.yaml"), "utf8"));
    for (const document of rights) {
      const role = document.toJS() as { kind: string; rules: object[] };
      await grant("viewer", role.rules, role.kind === "Role" ? NAMESPACE : undefined);
    }
    const file = join(directory, "guest.kubeconfig");
    cluster.writeKubeconfig(file, { token: cluster.tokenOf("guest") });
    await vi.waitFor(async () => expect(await viewAs(file)).toMatchObject({ code: 0, unknown: [], problems: [] }), {
      timeout: 30_000,
    });
  });

  /** Gives the guest rights: in one namespace, or in all. */
  async function grant(name: string, rules: readonly object[], namespace?: string): Promise<void> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1${namespace === undefined ? "" : `/namespaces/${namespace}`}`;
    const [roles, kind] = namespace === undefined ? ["clusterrole", "ClusterRole"] : ["role", "Role"];
    await cluster.api.must({ path: `${rbac}/${roles}s`, body: { metadata: { name }, rules } });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name };
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "guest" }];
    await cluster.api.must({ path: `${rbac}/${roles}bindings`, body: { metadata: { name }, roleRef, subjects } });
  }

  it("O3 status says so where the namespace has no Hawser in it", async () => {
    const { code, problems } = await viewAs(cluster.kubeconfigFile, "--namespace=shop");
    expect(code).toBe(1);
    expect(problems).toEqual([expect.objectContaining({ code: "INSTALLATION_NOT_FOUND", where: 'namespace "shop"' })]);
  });

  it("O2 O4 status knows from pods and Nodes which speakers run", async () => {
    for (const name of ["n1", "n2", "n3"])
      await cluster.api.must({ path: "/api/v1/nodes", body: { metadata: { name } } });
    const startedAt = new Date(Date.now() - 3_600_000).toISOString();
    const states = async () =>
      (await viewAs(cluster.kubeconfigFile)).speakers.map(({ node, state, detail, certain }) =>
        [node, state, detail, certain].join(" "),
      );
    await showPods({ n1: { running: { startedAt } }, n2: { running: { startedAt } } });
    expect(await states()).toEqual(["n1 up  true", "n2 up  true", "n3 no speaker  true"]);
    const crashed = { waiting: { reason: "CrashLoopBackOff" } };
    await showPods({ n1: crashed, n2: crashed });
    expect(await states()).toEqual([
      "n1 not running CrashLoopBackOff true",
      "n2 not running CrashLoopBackOff true",
      "n3 no speaker  true",
    ]);
    const { services } = await viewAs(cluster.kubeconfigFile);
    const web = services.find(({ service }) => service === "shop/web");
    expect([web?.served, web?.reason, web?.addresses[0]?.owner]).toEqual([false, "NoSpeaker", undefined]);
    expect((await runCli(["status", "--exit-code", "--kubeconfig", cluster.kubeconfigFile])).code).toBe(1);
  });

  it("status --watch shows what changes", async () => {
    const watching = startCli(["status", "--json", "--watch", "--kubeconfig", cluster.kubeconfigFile]);
    await watching.says(/shop\/web/);
    const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
    await cluster.api.must({ path: "/api/v1/namespaces/shop/services", body: { metadata: { name: "newer" }, spec } });
    await watching.says(/shop\/newer/);
    watching.child.kill("SIGINT");
    expect((await watching.ended).code).toBe(0);
    await cluster.api.must({ method: "DELETE", path: "/api/v1/namespaces/shop/services/newer" });
  });

  it("check finds what is wrong with the objects of a cluster, as it does in files", async () => {
    const clean = await runCli(["check", "--kubeconfig", cluster.kubeconfigFile]);
    expect([clean.code, clean.stdout]).toEqual([0, ""]);
    const metadata = { name: "asks", annotations: { "hawser.dev/addresses": "not-an-address" } };
    const spec = { type: "LoadBalancer", ports: [{ port: 80 }], loadBalancerIP: "999.0.0.1" };
    await cluster.api.must({ path: "/api/v1/namespaces/shop/services", body: { metadata, spec } });
    const { code, stdout, stderr } = await runCli(["check", "--json", "--kubeconfig", cluster.kubeconfigFile]);
    expect(code).toBe(1);
    expect(stdout).toContain('Service \\"shop/asks\\"');
    expect(stderr).toMatch(/object.* read: \d+ error/);
    await cluster.api.must({ method: "DELETE", path: "/api/v1/namespaces/shop/services/asks" });
  });

  it("check and status warn of addresses that the networks of the nodes keep for themselves", async () => {
    const interfaces = [{ name: "eth0", mac: "02:00:00:00:00:01", subnets: ["192.0.2.0/24"] }];
    const member = { node: "n1", addresses: ["192.0.2.10"], keys: [], hasNode: false, interfaces };
    await programs.report("member-n1", member, { topic: "member" });
    const where = 'ConfigMap "hawser-system/hawser" pool "default"';
    const warning = {
      code: "POOL_HAS_NETWORK_ADDRESS",
      where,
      what: "Never assigns 192.0.2.0",
      severity: "warning",
    };
    const checked = await runCli(["check", "--json", "--kubeconfig", cluster.kubeconfigFile]);
    expect([checked.code, JSON.parse(checked.stdout)]).toEqual([0, expect.objectContaining(warning)]);
    const shown = await runCli(["status", "--json", "--kubeconfig", cluster.kubeconfigFile]);
    expect((JSON.parse(shown.stdout) as StatusView).problems).toEqual([expect.objectContaining(warning)]);
  });

  it("O6 O7 check and status read the ConfigMap that MetalLB had, and check plans with its pools", async () => {
    const found = async (...args: readonly string[]) => {
      const { stdout } = await runCli(["check", "-o", "json", "--kubeconfig", cluster.kubeconfigFile, ...args]);
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { code: string; where: string })
        .filter(({ where }) => !where.startsWith("EndpointSlice"))
        .map(({ code, where }) => `${code} ${where}`);
    };
    const metadata = { name: "metallb-system" };
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata } });
    const missing = 'CONFIG_MAP_MISSING ConfigMap "metallb-system/config"';
    expect(await found("--config-map", "metallb-system/config")).toContain(missing);
    const config = pools.replace("192.0.2.0/29", "192.0.2.1/32");
    const path = "/api/v1/namespaces/metallb-system/configmaps";
    await cluster.api.must({ path, body: { metadata: { name: "config" }, data: { config } } });
    expect(await found()).toContain('CONFIG_MAP_NOT_READ ConfigMap "metallb-system/config" metadata.namespace');
    const own = await found("--config-map", "metallb-system/config");
    expect(own).toContain('SERVICE_PENDING Service "shop/late"');
    expect(own).not.toContain(missing);
    const view = await viewAs(cluster.kubeconfigFile, "--config-map=metallb-system/config");
    expect(view.pools.map(({ name, size }) => [name, size])).toEqual([["default", "1"]]);
    await cluster.api.must({ method: "DELETE", path: `${path}/config` });
  });

  it("check refuses files and a cluster at once", async () => {
    const { code, stderr } = await runCli(["check", "--cluster", "some.yaml"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("not both")]);
  });
});
