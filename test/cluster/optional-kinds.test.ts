import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { install, uninstall } from "#lab/cluster/definition.ts";
import { factsOf, type Kind, kinds } from "#src/model/kind.ts";
import type { Logger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { collectionPath } from "#src/source/kubernetes/read/collection-path.ts";
import { programKinds } from "#src/source/program-kinds.ts";
import { eventually } from "#test/support/eventually.ts";
import { openDefinition } from "./open-definition.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const NAMESPACE = "metallb-system";
const optional = kinds.filter((kind) => factsOf(kind).isOptional);

describe.skipIf(reason !== undefined)("optional kinds on a real API server", () => {
  let directory: string;
  let cluster: Cluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-optional-"));
    cluster = await Cluster.start({ directory, users: [{ name: "guest", groups: ["guests"] }] });
    await cluster.api.must({ path: "/api/v1/namespaces", body: { metadata: { name: NAMESPACE } } });
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  /** A source that is opened, and what it reports. */
  function open(opened: readonly Kind[], kubeconfig = cluster.kubeconfigFile) {
    const config = readKubeconfig(kubeconfig);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    const logged: string[] = [];
    const problems: string[] = [];
    const info = ({ kind }: { readonly kind: string }, message: string) => logged.push(`${kind}: ${message}`);
    const log = { debug: vi.fn(), info, warn: vi.fn(), error: vi.fn() } as unknown as Logger;
    const source = openKubernetesSource({ config: config.value, namespace: NAMESPACE, component: "hawser-test", log });
    onTestFinished(async () => source.close());
    const ready = source.open(opened, {
      onChange: vi.fn(),
      onProblems: (_, found) => problems.push(...found.map(({ code, why }) => `${code} ${why}`)),
    });
    const shown = (): readonly (readonly [Kind, boolean, number])[] =>
      optional.map((kind) => [kind, source.has(kind), source.list(kind).size]);
    return { source, ready, logged, problems, shown };
  }

  const create = async (kind: Kind, name: string): Promise<unknown> => {
    const { apiVersion } = factsOf(kind);
    const body = { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, spec: { addresses: ["192.0.2.0/24"] } };
    return cluster.api.must({ path: collectionPath(kind, NAMESPACE), body });
  };

  it("come, go and come again while a program reads them, with one line in the log each time and no Problem", async () => {
    const { source, ready, logged, problems, shown } = open([
      ...new Set([...programKinds.controller.opens, ...optional]),
    ]);
    await ready;
    const all = (isPresent: boolean, size: number) => optional.map((kind) => [kind, isPresent, size]);
    expect(shown()).toEqual(all(false, 0));
    expect(source.list("Namespace").has(NAMESPACE)).toBe(true);
    for (const name of ["a", "b"]) {
      logged.length = 0;
      for (const kind of optional) await install(cluster, openDefinition(kind));
      for (const kind of optional) await create(kind, name);
      await vi.waitFor(() => expect(shown()).toEqual(all(true, 1)), eventually);
      expect(optional.map((kind) => [...source.list(kind).keys()])).toEqual(
        optional.map(() => [`${NAMESPACE}/${name}`]),
      );
      // It is watched, not only listed.
      for (const kind of optional) await create(kind, `${name}2`);
      await vi.waitFor(() => expect(shown()).toEqual(all(true, 2)), eventually);
      for (const kind of optional) await uninstall(cluster, openDefinition(kind));
      await vi.waitFor(() => expect(shown()).toEqual(all(false, 0)), eventually);
      const lines = (words: string) => optional.map((kind) => `${kind}: the cluster ${words} this kind`);
      expect(logged.toSorted()).toEqual([...lines("has"), ...lines("does not have")].toSorted());
    }
    expect(problems).toEqual([]);
  }, 300_000);

  it("that may not be read are a Problem where the cluster has them, and hold no program up", async () => {
    const kubeconfig = join(directory, "guest.kubeconfig");
    cluster.writeKubeconfig(kubeconfig, { token: cluster.tokenOf("guest") });
    const { source, ready, problems, shown } = open(optional, kubeconfig);
    await ready;
    expect([shown().some(([, isPresent]) => isPresent), problems]).toEqual([false, []]);
    await install(cluster, openDefinition("IPAddressPool"));
    onTestFinished(async () => uninstall(cluster, openDefinition("IPAddressPool")));
    const refused = expect.stringMatching(/^API_ACCESS_REFUSED .*User "guest" cannot list resource "ipaddresspools"/);
    await vi.waitFor(() => expect(problems).toEqual([refused]), eventually);
    expect(source.has("IPAddressPool")).toBe(false);
  });
});
