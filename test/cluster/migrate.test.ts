import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { whyNoMetallb } from "#lab/metallb/build-metallb.ts";
import { type Era, leftOf, MigrateWorld, writersOfAddresses } from "./migrate-world.ts";

const reason = whyNoCluster() ?? whyNoMetallb();
if (reason !== undefined) console.log(`skipped, no Kubernetes with MetalLB can be had here: ${reason}`);

interface Report {
  readonly era: string;
  readonly plan: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly steps: readonly { readonly title: string; readonly commands: readonly string[] }[];
  readonly problems: readonly { readonly code: string; readonly severity: string }[];
}

const ERAS: readonly Era[] = ["custom resources", "a ConfigMap"];

describe.skipIf(reason !== undefined).each(ERAS)("G the procedure of hawser migrate metallb, from %s", (era) => {
  const left = leftOf(era);
  let world: MigrateWorld;
  let report: Report;
  beforeAll(async () => {
    world = await MigrateWorld.start(era);
  }, 300_000);
  afterAll(async () => world.stop());

  /** Plays a step as it is printed. What diff prints is a matter of the test. */
  async function play(title: RegExp): Promise<string> {
    const step = report.steps.find((one) => title.test(one.title));
    if (step === undefined) throw new Error(`there is no step ${title}`);
    const { code, stdout, stderr } = await world.shell(
      step.commands.join("\n").replaceAll(/\| diff .*/g, "$& || true"),
    );
    if (code !== 0) throw new Error(`${step.title}: exit code ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Lines of diff that say that something is gone. */
  function gone(stdout: string): readonly string[] {
    return stdout.split("\n").filter((line) => line.startsWith("< "));
  }

  async function changesPool(): Promise<number> {
    const path = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/lan";
    const body = { metadata: { annotations: { seen: "yes" } } };
    const contentType = "application/merge-patch+json";
    return (await world.cluster.api.request({ method: "PATCH", path, contentType, body })).status;
  }

  it("foretells that all addresses stay", async () => {
    const { code, stdout, stderr } = await world.shell("hawser migrate metallb -o json");
    expect([code, stderr]).toEqual([0, ""]);
    report = JSON.parse(stdout) as Report;
    const none = { gain: [], lose: [], move: [], orphan: [], silent: [] };
    expect(report.plan).toMatchObject({ keep: Object.keys(left).length, ...none });
    expect(report.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    for (const { name, text } of report.files) world.write(name, text);
  });

  it("stops MetalLB's controller, and its pods are gone", async () => {
    await play(/^Save/);
    await play(/^Stop MetalLB's controller/);
    await world.untilRunning("metallb-system", 3);
    if (era === "a ConfigMap") return;
    // So the step is needed.
    expect(await changesPool()).toBe(500);
    await play(/webhooks/);
    expect(await changesPool()).toBe(200);
    await play(/in place of AddressPools/);
  });

  it("installs a controller that adopts every address, and no speaker", async () => {
    const stdout = await play(/^Install Hawser/);
    await world.untilAll("hawser.dev/AddressAssigned");
    expect(gone(stdout)).toEqual([]);
    const pods = await world.shell("kubectl get pods --namespace hawser-system -o name");
    expect(pods.stdout.match(/hawser-controller/g)).toHaveLength(2);
    expect(pods.stdout).not.toContain("hawser-speaker");
  });

  it("goes back from there, and forward again", async () => {
    await play(/^To go back/);
    await world.untilRunning("metallb-system", 4);
    await play(/^Stop MetalLB's controller/);
    if (era === "custom resources") await play(/webhooks/);
    await play(/^Install Hawser/);
    await world.untilAll("hawser.dev/AddressAssigned");
  });

  it("hands the announcements over: who knows an address loses nothing, and every address is found by ARP or NDP", async () => {
    const asker = await world.askAsKnown("192.0.2.203");
    await play(/^Hand the announcements over/);
    await world.untilRunning("metallb-system", 0);
    await world.untilAll("hawser.dev/Announced");
    expect(new Set(await asker.stop())).toEqual(new Set(["0"]));
    for (const ip of new Set(Object.values(left).flatMap(({ ips }) => ips)))
      expect([ip, await world.isServed(ip)]).toEqual([ip, true]);
    expect(gone(await play(/^Look/))).toEqual([]);
  });

  it("goes on after MetalLB's programs were removed", async () => {
    await play(/remove MetalLB's programs/);
    expect(await world.shell("hawser migrate metallb > /dev/null")).toMatchObject({ code: 0 });
  });

  it("showed no version of a status without its addresses, and only MetalLB wrote them", async () => {
    expect(world.faults).toEqual([]);
    // Conditions and annotations were written, so there was something to see.
    expect(world.seen).toBeGreaterThan(Object.keys(left).length);
    const writers = (await world.services()).map((object) => [object.metadata.name, writersOfAddresses(object)]);
    expect(writers).toEqual((await world.services()).map(({ metadata }) => [metadata.name, ["metallb"]]));
  });
});
