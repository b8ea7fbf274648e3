import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { keyOf, type ObjectRef } from "#src/model/object.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { createLogger } from "#src/process/log.ts";
import { readKubeconfig } from "#src/source/kubernetes/kubeconfig/kubeconfig.ts";
import { type KubernetesSourceOptions, openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import type { Leadership } from "#src/source/leadership.ts";
import type { Source } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const log = createLogger({ component: "test", level: "silent" });
const ELECTION = "hawser-test";
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/default/leases/${ELECTION}`;
const SERVICE: ObjectRef = { kind: "Service", namespace: "default", name: "kubernetes" };

interface Candidate {
  readonly source: Source;
  readonly leadership: Leadership;
  /** Every change told. */
  readonly told: boolean[];
}

describe.skipIf(reason !== undefined)("leader election on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-leader-"));
    cluster = await Cluster.start({ directory, controllerManager: false });
  });
  beforeEach(async () => {
    await cluster.api.request({ method: "DELETE", path: LEASE });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  async function candidate(options: Partial<KubernetesSourceOptions> = {}): Promise<Candidate> {
    const config = readKubeconfig(cluster.kubeconfigFile);
    if (!config.ok) throw new Error(config.problems[0]?.why);
    const given = { config: config.value, namespace: "default", component: "hawser-test", log };
    const source = openKubernetesSource({ ...given, ...options });
    closers.push(async () => source.close());
    await source.open(["Service"], { onChange: () => undefined, onProblems: () => undefined });
    // The API server makes this Service some time after it is ready.
    await vi.waitFor(() => expect(source.get("Service", keyOf(SERVICE))).toBeDefined(), eventually);
    const told: boolean[] = [];
    return { source, leadership: source.lead(ELECTION, (leads) => told.push(leads)), told };
  }

  function leaders(candidates: readonly Candidate[]): number {
    return candidates.filter(({ leadership }) => leadership.leads).length;
  }

  const annotate = { annotations: { "hawser.dev/test": "written" } };

  it("of candidates that start at once exactly one leads, and only that one can patch", async () => {
    const all = await Promise.all([candidate(), candidate(), candidate()]);
    await vi.waitFor(() => expect(leaders(all)).toBe(1), eventually);
    const followers = all.filter(({ leadership }) => !leadership.leads);
    for (const { source, told } of followers) {
      expect(await source.patch(SERVICE, annotate)).toBe("conflict");
      expect(told).toEqual([]);
    }
    const service = await cluster.api.must<{ metadata: { annotations?: unknown } }>({
      path: "/api/v1/namespaces/default/services/kubernetes",
    });
    expect(service.metadata.annotations).toBeUndefined();
    const [leader] = all.filter(({ leadership }) => leadership.leads);
    expect(await leader?.source.patch(SERVICE, annotate)).toBe("written");
  });

  it("a leader that ends gives the lease back: the next one need not wait for its end", async () => {
    const first = await candidate();
    await vi.waitFor(() => expect(first.told).toEqual([true]), eventually);
    await first.source.close();
    const lease = await cluster.api.must<{ spec: { holderIdentity?: string } }>({ path: LEASE });
    expect(lease.spec.holderIdentity ?? "").toBe("");
    // Begun only now: one that was waiting could have taken the lease before it was read here.
    const second = await candidate();
    await vi.waitFor(() => expect(second.leadership.leads).toBe(true), eventually);
    expect(first.leadership.leads).toBe(false);
  });

  it("a leader that stands still loses by its own clock before another may lead, and is told so when it goes on", async () => {
    let stoodStillMs = 0;
    let isFrozen = false;
    const frozen = Promise.withResolvers<void>();
    // While it is frozen no timer of it fires; its clock goes on, as CLOCK_MONOTONIC does.
    const delay = async (ms: number, signal: AbortSignal): Promise<void> => {
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, ms);
      signal.addEventListener("abort", () => timer.resolve(), { once: true });
      await timer.promise;
      clearTimeout(timeout);
      if (isFrozen) await frozen.promise;
    };
    const first = await candidate({ delay, monotonic: () => monotonicMs() + stoodStillMs });
    await vi.waitFor(() => expect(first.told).toEqual([true]), eventually);
    isFrozen = true;
    stoodStillMs = 7_500;
    expect(first.leadership.leads).toBe(false);
    expect(await first.source.patch(SERVICE, { annotations: { "hawser.dev/test": "late" } })).toBe("conflict");
    const second = await candidate();
    expect(second.leadership.leads).toBe(false);
    await vi.waitFor(() => expect(second.leadership.leads).toBe(true), eventually);
    isFrozen = false;
    frozen.resolve();
    await vi.waitFor(() => expect(first.told).toEqual([true, false]), eventually);
    expect(leaders([first, second])).toBe(1);
  });

  it.each([
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("a candidate whose wall clock is %s neither takes a lease that is held nor loses its own", async (_, skewMs) => {
    const first = await candidate();
    await vi.waitFor(() => expect(first.told).toEqual([true]), eventually);
    const second = await candidate({ clock: () => wallMs() + skewMs });
    const before = await cluster.api.must<{ spec: { renewTime: string } }>({ path: LEASE });
    // Three renewals later nothing has changed hands.
    let renewals = 0;
    let last = before.spec.renewTime;
    await vi.waitFor(async () => {
      const { spec } = await cluster.api.must<{ spec: { renewTime: string } }>({ path: LEASE });
      if (spec.renewTime !== last) renewals += 1;
      last = spec.renewTime;
      expect(renewals).toBeGreaterThanOrEqual(3);
    }, eventually);
    expect([first.told, second.told]).toEqual([[true], []]);
    await first.source.close();
    await vi.waitFor(() => expect(second.told).toEqual([true]), eventually);
  });
});
