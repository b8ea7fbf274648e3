import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { whyNoIngressNginx } from "#lab/ingress-nginx/build-ingress-nginx.ts";
import { ADDRESSES, HOSTS, IngressNginxWorld } from "./migrate-ingress-nginx-world.ts";
import { STEP_MS } from "./migrate-patience.ts";

const reason = whyNoCluster() ?? whyNoIngressNginx();
if (reason !== undefined) console.log(`skipped, no Kubernetes with ingress-nginx can be had here: ${reason}`);

describe.skipIf(reason !== undefined)(
  "G the procedure of hawser migrate ingress-nginx, beside its own status loop",
  { timeout: STEP_MS },
  () => {
    let world: IngressNginxWorld;
    beforeAll(async () => {
      world = await IngressNginxWorld.start();
    }, STEP_MS);
    afterAll(async () => world?.[Symbol.asyncDispose]());

    it("installs Hawser beside it, which serves the same hosts at its own address, and writes no status", async () => {
      expect(await world.readProcedure()).toEqual(HOSTS.map(() => "works"));
      await world.play(/^Save/);
      const written = await world.writesDuring(async () => {
        await world.installQuiet();
        expect(await world.get("hawser-system", "shop")).not.toContain("ingress-nginx");
        expect(await world.get("ingress-nginx", "shop")).toContain("ingress-nginx");
        expect(await world.play(/^Try it/)).not.toBe("");
      });
      expect(written).toEqual({ "ingress-nginx": 0, "hawser-system": 0 });
    });

    it("silences ingress-nginx, which serves on and leaves the statuses as they are", async () => {
      const written = await world.writesDuring(async () => world.silence());
      expect(written).toEqual({ "ingress-nginx": 0, "hawser-system": 0 });
      expect(await world.statuses()).toEqual(HOSTS.map(() => ADDRESSES["ingress-nginx"]));
    });

    it("I-S10 hands the statuses over: Hawser writes each once, and the client follows", async () => {
      const written = await world.writesDuring(async () => world.handOver());
      expect(written).toEqual({ "ingress-nginx": 0, "hawser-system": HOSTS.length });
      // Clients that still have the old address.
      expect(await world.get("ingress-nginx", "shop")).toContain("ingress-nginx");
    });

    it("removes ingress-nginx, and with it its class, as its chart does: Hawser serves on, and the class comes back", async () => {
      const written = await world.writesDuring(async () => {
        await world.shell("kubectl delete ingressclass nginx");
        await world.play(/remove ingress-nginx$/);
        await world.untilRolledOut("ingress-nginx");
      });
      expect(written).toEqual({ "ingress-nginx": 0, "hawser-system": 0 });
      expect(await world.statuses()).toEqual(HOSTS.map(() => ADDRESSES["hawser-system"]));
      const { stdout } = await world.shell("kubectl get ingressclass nginx -o jsonpath='{.spec.controller}'");
      expect(stdout).toBe("k8s.io/ingress-nginx");
      for (const name of HOSTS) expect(await world.get("hawser-system", name)).not.toBe("");
    });

    it("lost no request of a client that asks all the time, at the address that DNS has", async () => {
      await world.untilAsked(1);
      expect(world.asked.length).toBeGreaterThan(100);
      expect(world.asked.filter(({ status }) => status !== "200")).toEqual([]);
    });
  },
);
