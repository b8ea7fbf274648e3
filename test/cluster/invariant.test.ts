import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { eventually } from "#test/support/eventually.ts";
import { AddressInvariant } from "./invariant.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const SERVICES = "/api/v1/namespaces/default/services";

describe.skipIf(reason !== undefined)("AddressInvariant", () => {
  it("sees an address on two Services, one that moves and one that is taken away, also across a cut", async () => {
    const directory = mkdtempSync(join(tmpdir(), "hawser-invariant-"));
    await using cluster = await Cluster.start({ directory });
    const put = async (name: string, ...ips: readonly string[]): Promise<unknown> => {
      const body = { status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } } };
      const contentType = "application/merge-patch+json";
      return cluster.api.must({ method: "PATCH", path: `${SERVICES}/${name}/status`, body, contentType });
    };
    for (const name of ["a", "b"]) {
      const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
      await cluster.api.must({ path: SERVICES, body: { metadata: { name }, spec } });
    }
    await using invariant = await AddressInvariant.start(cluster);
    const seen = async (...patterns: readonly RegExp[]): Promise<void> => {
      await vi.waitFor(() => expect(invariant.violations).toHaveLength(patterns.length), eventually);
      for (const [at, pattern] of patterns.entries()) expect(invariant.violations[at]).toMatch(pattern);
      invariant.violations.length = 0;
    };
    await put("a", "192.0.2.1");
    await vi.waitFor(() => expect(invariant.assigned.get("default/a")).toEqual(["192.0.2.1"]), eventually);
    // Gone again before anybody who asks now and then would see it.
    await put("b", "192.0.2.1");
    await put("b");
    await seen(
      /^192\.0\.2\.1 is on default\/a .* and on default\/b /,
      /^default\/b .* had 192\.0\.2\.1, and then nothing/,
    );
    await put("a", "192.0.2.2");
    await seen(/^default\/a .* had 192\.0\.2\.1, and then 192\.0\.2\.2/);
    await cluster.kill("kube-apiserver");
    await cluster.restart("kube-apiserver");
    await put("a");
    await seen(/^default\/a .* had 192\.0\.2\.2, and then nothing/);
    await cluster.api.must({ method: "DELETE", path: `${SERVICES}/a` });
    await put("b", "192.0.2.2");
    await invariant.untilAssigned(["default/b"]);
    expect(invariant.violations).toEqual([]);
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });
});
