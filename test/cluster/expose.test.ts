import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { clusterProgram, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { mustRun } from "#lab/rack/run-command.ts";
import { config, kustomize, type Manifest, nameOf, podOf } from "#test/config/kustomization.ts";
import { root } from "#test/docs/page.ts";
import { commandsOf } from "#test/install/world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const [LOAD_BALANCER, HOST_NETWORK, NODE_PORT] = [
  "deployment-loadbalancer",
  "daemonset-hostnetwork",
  "deployment-nodeport",
];
/** Every change from one way of exposing to another. */
const CHANGES = [HOST_NETWORK, NODE_PORT, LOAD_BALANCER, NODE_PORT, HOST_NETWORK, LOAD_BALANCER];
const KINDS =
  "customresourcedefinition,deployment,daemonset,service,networkpolicy,poddisruptionbudget,clusterrole,clusterrolebinding,role,rolebinding,serviceaccount";

describe.skipIf(reason !== undefined)("the ways of exposing on a real API server", () => {
  let directory: string;
  let cluster: Cluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-expose-"));
    cluster = await Cluster.start({ directory });
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs lines of a shell as a person does, in the folder of the project. */
  async function shell(lines: string): Promise<string> {
    const kubectl = `kubectl() { ${clusterProgram("kubectl")} --kubeconfig ${cluster.kubeconfigFile} "$@"; }`;
    return mustRun("kubectl", ["bash", "-ec", `cd ${root}\n${kubectl}\n${lines}`]);
  }

  /** `Service hawser-system/hawser-ingress`, of all objects of Hawser that there are. */
  async function installed(): Promise<readonly string[]> {
    const text = await shell(
      `kubectl --namespace hawser-system get ${KINDS} --selector=app.kubernetes.io/name=hawser --output=json`,
    );
    return (JSON.parse(text) as { items: readonly Manifest[] }).items.map(nameOf).sort();
  }

  function expected(way: string): readonly string[] {
    const others = ["Namespace", "IngressClass"];
    return kustomize(join(config, "expose", way))
      .filter(({ kind }) => !others.includes(kind))
      .map(nameOf)
      .sort();
  }

  it("O13 the way of exposing can be changed by the commands of docs/install.md, and leaves nothing behind", async () => {
    const [change = ""] = commandsOf("Change how the ingress is exposed", "docs/install.md");
    expect(change).toContain(`install/${HOST_NETWORK}`);
    await shell(`kubectl apply -k config/expose/${LOAD_BALANCER}`);
    for (const way of CHANGES) {
      await shell(change.replaceAll(HOST_NETWORK ?? "", way ?? "").replaceAll("install/", "config/expose/"));
      expect(await installed(), way).toEqual(expected(way ?? ""));
    }
  });

  it("O14 config/open-metrics opens the programs of the nodes' network, and only these", async () => {
    const folder = join(directory, "own");
    mkdirSync(folder);
    const path = relative(folder, config);
    const text = [
      "apiVersion: kustomize.config.k8s.io/v1beta1",
      "kind: Kustomization",
      `resources: [${path}/expose/${HOST_NETWORK}]`,
      `components: [${path}/open-metrics]`,
    ];
    writeFileSync(join(folder, "kustomization.yaml"), text.join("\n"));
    const rendered = await shell(`kubectl kustomize ${folder}`);
    const objects = parseAllDocuments(rendered).map((document) => document.toJS() as Manifest);
    const envOf = (manifest: Manifest) =>
      podOf(manifest)?.containers.flatMap(({ env = [] }) => env.filter(({ name }) => name === "HAWSER_ADMIN_ADDRESS"));
    const opened = objects.filter((object) => (envOf(object)?.length ?? 0) > 0);
    expect(opened.map((object) => [nameOf(object), envOf(object)?.map(({ value }) => value)])).toEqual([
      ["DaemonSet hawser-system/hawser-ingress", ["0.0.0.0"]],
      ["DaemonSet hawser-system/hawser-speaker", ["0.0.0.0"]],
    ]);
  });
});
