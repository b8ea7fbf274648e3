import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { whyNoIngressNginx } from "#lab/ingress-nginx/build-ingress-nginx.ts";
import { until } from "#lab/rack/until.ts";
import { HOSTS, IngressNginxWorld } from "./migrate-ingress-nginx-world.ts";
import { PATIENT, STEP_MS } from "./migrate-patience.ts";

const reason = whyNoCluster() ?? whyNoIngressNginx();
if (reason !== undefined) console.log(`skipped, no Kubernetes with ingress-nginx can be had here: ${reason}`);

/** In a fight Hawser writes a status at once, then after pauses of 1, 2, 4, 8 s and so on: so often in the first minute. */
const MOST_IN_A_FIGHT = 7;

describe.skipIf(reason !== undefined)(
  "G both write, or Hawser goes again: beside the status loop of ingress-nginx",
  { timeout: STEP_MS },
  () => {
    let world: IngressNginxWorld;
    beforeAll(async () => {
      world = await IngressNginxWorld.start();
    }, STEP_MS);
    afterAll(async () => world?.[Symbol.asyncDispose]());

    it("does not fight where the step that silences ingress-nginx was forgotten: Hawser yields, and says it", async () => {
      await world.readProcedure();
      await world.installQuiet();
      const written = await world.writesDuring(async () => {
        await world.shell("kubectl apply -k hawser");
        const isSaid = () => world.linesOf("hawser-system").some((line) => line.includes("INGRESS_STATUS_CONTESTED"));
        await until("Hawser says that another program writes the statuses", isSaid, {
          ...PATIENT,
          lastSeen: () => world.saidLast(),
        });
      });
      expect(written["hawser-system"]).toBeGreaterThanOrEqual(4);
      expect(written["hawser-system"]).toBeLessThanOrEqual(MOST_IN_A_FIGHT * HOSTS.length);
      // It answers each write of Hawser once, so that the one that yields bounds both.
      expect(written["ingress-nginx"]).toBeLessThanOrEqual(written["hawser-system"]);
    });

    it("has the statuses when ingress-nginx is silenced after that, with one write for each", async () => {
      const written = await world.writesDuring(async () => {
        await world.silence();
        await world.untilStatuses("hawser-system");
        await world.untilAsks("hawser-system");
      });
      expect(written["ingress-nginx"]).toBeLessThanOrEqual(HOSTS.length);
      expect(written["hawser-system"]).toBeLessThanOrEqual(2 * HOSTS.length);
    });

    it("goes back by the commands of its step: a pod of Hawser that ends writes each status once more at most", async () => {
      const written = await world.writesDuring(async () => {
        await world.play(/^To go back/);
        await world.untilRolledOut("hawser-system");
        await world.untilRolledOut("ingress-nginx");
        await world.untilStatuses("ingress-nginx");
        await world.untilAsks("ingress-nginx");
      });
      expect(written["hawser-system"]).toBeLessThanOrEqual(HOSTS.length);
      expect(written["ingress-nginx"]).toBeLessThanOrEqual(2 * HOSTS.length);
      expect(await world.writesDuring(async () => undefined)).toEqual({ "ingress-nginx": 0, "hawser-system": 0 });
    });

    it("lost no request of a client that asks all the time, at the address that DNS has", async () => {
      await world.untilAsked(1);
      expect(world.asked.length).toBeGreaterThan(100);
      expect(world.asked.filter(({ status }) => status !== "200")).toEqual([]);
    });
  },
);
