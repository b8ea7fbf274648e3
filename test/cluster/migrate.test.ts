import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { whyNoMetallb } from "#lab/metallb/build-metallb.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { recordOf } from "#src/model/record.ts";
import { withAddressPools, withConfigMap } from "./metallb-by-hand.ts";
import { metallbItself } from "./metallb-itself.ts";
import { PATIENT, STEP_MS } from "./migrate-patience.ts";
import { type FormerMetallb, MigrateWorld, SERVICES, writersOfAddresses } from "./migrate-world.ts";
import { playStep, type PrintedStep } from "./play-step.ts";

const reason = whyNoCluster() ?? whyNoMetallb();
if (reason !== undefined) console.log(`skipped, no Kubernetes with MetalLB can be had here: ${reason}`);

interface Report {
  readonly era: string;
  readonly plan: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly steps: readonly PrintedStep[];
  readonly problems: readonly { readonly code: string; readonly severity: string }[];
}

const METALLBS: readonly FormerMetallb[] = [metallbItself, withAddressPools, withConfigMap];
const POOLS = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools";
/** Assigned and available addresses of IPv4, then of IPv6, in the status of each pool of MetalLB itself. */
const COUNTS = { lan: [6, 14, 1, 15], costly: [1, 7, 0, 0] };

describe.skipIf(reason !== undefined).each(METALLBS)(
  "G the procedure of hawser migrate metallb, from $title",
  { timeout: STEP_MS },
  (metallb) => {
    let world: MigrateWorld;
    let report: Report;
    beforeAll(async () => {
      world = await MigrateWorld.start(metallb);
    }, STEP_MS);
    afterAll(async () => world?.stop());

    /** Plays a step as it is printed. What diff prints is a matter of the test. */
    async function play(title: RegExp): Promise<string> {
      return playStep(report.steps, title, async (lines) => world.shell(lines.replaceAll(/\| diff .*/g, "$& || true")));
    }

    /** Lines of diff that say that something is gone. */
    function gone(stdout: string): readonly string[] {
      return stdout.split("\n").filter((line) => line.startsWith("< "));
    }

    async function changesPool(): Promise<number> {
      const path = `${POOLS}/lan`;
      const body = { metadata: { annotations: { seen: "yes" } } };
      const contentType = "application/merge-patch+json";
      return (await world.cluster.api.request({ method: "PATCH", path, contentType, body })).status;
    }

    /** Resolves when the status of each pool has the counts, written by MetalLB or by Hawser. */
    async function untilCounted(): Promise<void> {
      let seen: unknown;
      const isSo = async (): Promise<boolean> => {
        const { items } = await world.cluster.api.must<{ items: KubeObject[] }>({ path: POOLS });
        seen = Object.fromEntries(items.map((pool) => [pool.metadata.name, countsOf(pool)]));
        return isDeepStrictEqual(seen, COUNTS);
      };
      await until("the pools have their counts", isSo, { ...PATIENT, lastSeen: () => seen });
    }

    /** Writes zeros in place of MetalLB's counts. */
    async function forgetCounts(): Promise<void> {
      const status = { assignedIPv4: 0, availableIPv4: 0, assignedIPv6: 0, availableIPv6: 0 };
      const contentType = "application/merge-patch+json";
      for (const name of Object.keys(COUNTS))
        await world.cluster.api.must({
          method: "PATCH",
          path: `${POOLS}/${name}/status`,
          contentType,
          body: { status },
        });
    }

    async function stopMetallb(): Promise<void> {
      await play(/^Stop MetalLB's controller/);
      await world.untilRunning("metallb-system", 3);
    }

    async function installHawser(): Promise<void> {
      expect(gone(await play(/^Install Hawser/))).toEqual([]);
      await world.untilAll("hawser.dev/AddressAssigned");
    }

    async function handOver(): Promise<void> {
      await play(/^Hand the announcements over/);
      await world.untilRunning("metallb-system", 0);
      await world.untilAll("hawser.dev/Announced");
    }

    async function goBack(): Promise<void> {
      await play(/^To go back/);
      await world.untilRunning("metallb-system", 4);
      if (metallb.isReal) await untilMetallbWorks();
    }

    /** Its webhooks answer, and a new Service gets an address from it. */
    async function untilMetallbWorks(): Promise<void> {
      const { api } = world.cluster;
      await until("MetalLB's webhooks answer", async () => (await changesPool()) === 200, PATIENT);
      const spec = { type: "LoadBalancer", ports: [{ port: 80 }] };
      await api.must({ path: SERVICES, body: { metadata: { name: "meanwhile" }, spec } });
      const path = `${SERVICES}/meanwhile`;
      const isNoted = async (): Promise<boolean> => {
        const { metadata } = await api.must<KubeObject>({ path });
        return metadata.annotations?.["metallb.io/ip-allocated-from-pool"] === "lan";
      };
      await until("MetalLB gives a new Service an address", isNoted, { ...PATIENT, lastSeen: () => world.saidLast() });
      await api.must({ method: "DELETE", path });
    }

    it.runIf(metallb.isReal)(
      "finds MetalLB at work: its speakers answer, and its pools have their counts",
      async () => {
        await world.untilServed();
        await untilCounted();
      },
    );

    it("foretells that all addresses stay", async () => {
      const { code, stdout, stderr } = await world.shell("hawser migrate metallb -o json");
      expect([code, stderr]).toEqual([0, ""]);
      report = JSON.parse(stdout) as Report;
      const none = { gain: [], lose: [], move: [], orphan: [], silent: [] };
      expect(report.plan).toMatchObject({ keep: world.left.size, ...none });
      expect(report.problems.filter(({ severity }) => severity === "error")).toEqual([]);
      for (const { name, text } of report.files) world.write(name, text);
    });

    it("stops MetalLB's controller, and its pods are gone", async () => {
      if (metallb.isReal) expect(await changesPool()).toBe(200);
      await play(/^Save/);
      await stopMetallb();
      if (metallb.hasResources) {
        // So the step is needed.
        expect(await changesPool()).toBe(500);
        await play(/webhooks/);
        expect(await changesPool()).toBe(200);
      }
      if (metallb.isConverted) await play(/in place of AddressPools/);
      if (metallb.isReal) await forgetCounts();
    });

    it("installs a controller that adopts every address, and no speaker", async () => {
      await installHawser();
      const pods = await world.shell("kubectl get pods --namespace hawser-system -o name");
      expect(pods.stdout.match(/hawser-controller/g)).toHaveLength(2);
      expect(pods.stdout).not.toContain("hawser-speaker");
      if (metallb.isReal) expect(await world.unserved()).toEqual([]);
    });

    it.runIf(metallb.isReal)("§1.2 counts the addresses of each pool as MetalLB did", untilCounted);

    it("goes back from there, and forward again", async () => {
      await goBack();
      await stopMetallb();
      if (metallb.hasResources) await play(/webhooks/);
      if (metallb.isConverted) await play(/in place of AddressPools/);
      await installHawser();
    });

    it("hands the announcements over: who knows an address loses nothing, no two nodes answer, and every address is found by ARP or NDP", async () => {
      const [ip = ""] = world.left.get("web") ?? [];
      const knowing = await world.askAsKnown(ip);
      const asking = await world.askWhoHas(ip);
      await handOver();
      expect((await asking.stop()).filter((nodes) => nodes.length > 1)).toEqual([]);
      expect(new Set(await knowing.stop())).toEqual(new Set(["0"]));
      expect(await world.unserved()).toEqual([]);
      expect(gone(await play(/^Look/))).toEqual([]);
    });

    it.runIf(metallb.isReal)(
      "goes back from there too, where MetalLB's speakers answer again, and forward again",
      async () => {
        await goBack();
        await world.untilServed();
        await stopMetallb();
        await play(/webhooks/);
        await installHawser();
        await handOver();
        expect(await world.unserved()).toEqual([]);
      },
    );

    it("goes on after MetalLB's programs were removed", async () => {
      await play(/remove MetalLB's programs/);
      expect(await world.shell("hawser migrate metallb > /dev/null")).toMatchObject({ code: 0 });
    });

    it("showed no version of a status without its addresses, and only MetalLB wrote them", async () => {
      expect(world.faults).toEqual([]);
      // Conditions and annotations were written, so there was something to see.
      expect(world.seen).toBeGreaterThan(world.left.size);
      const services = await world.services();
      const writers = services.map((object) => [object.metadata.name, writersOfAddresses(object)]);
      expect(writers).toEqual(services.map(({ metadata }) => [metadata.name, [metallb.writer]]));
    });
  },
);

function countsOf(pool: KubeObject): readonly unknown[] {
  const status = recordOf(pool["status"]);
  return ["assignedIPv4", "availableIPv4", "assignedIPv6", "availableIPv6"].map((field) => status[field]);
}
