import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gapAfter } from "#lab/probes/gap.ts";
import { lostWhile } from "#lab/probes/lost-while.ts";
import { Prober } from "#lab/probes/prober.ts";
import { until } from "#lab/rack/until.ts";
import { ADDRESS_ASSIGNED } from "#src/model/service-status.ts";
import { getPages, type Page, type PageRequest } from "./pages.ts";
import { ECHO_PORT, INGRESS, ownerOf, patient, type Stage } from "./stage.ts";
import type { Teller } from "./teller.ts";
import type { Condition, DemoWorld } from "./world.ts";

const CALM_PROBES = 100;
const POOLS = fileURLToPath(new URL("manifests/00-pools.yaml", import.meta.url));

/** The LoadBalancer Service gets its address from the pool. */
export async function assignment({ world, teller }: Stage): Promise<string> {
  teller.chapter("A pool in a ConfigMap, a Service of type LoadBalancer, an address");
  teller.show(readFileSync(POOLS, "utf8"));
  const [ip = ""] = await untilAssigned(world, INGRESS);
  teller.found(`the controller gave Service ${INGRESS} the address ${ip}, from the pool "default"`, {
    event: "assigned",
    service: INGRESS,
    ip,
  });
  return ip;
}

/** Exactly one node answers, and the client's neighbor entry says which. */
export async function owner({ rack, world, teller }: Stage, ip: string): Promise<void> {
  teller.chapter("One node answers ARP for it");
  teller.explain("The speakers elect an owner for each address; the address itself is on no interface of any node.");
  const node = await ownerOf({ rack, world }, ip);
  const mac = (await rack.client.neighbor(ip))?.mac;
  teller.found(`the client's ARP entry: ${ip} is at ${mac}, which is ${node}`, { event: "arp", ip, mac, node });
}

/** Pages through the Ingress manifests of the articles this project started from. */
export async function pages(stage: Stage, ip: string): Promise<void> {
  const { teller, rack, world } = stage;
  teller.chapter("Pages through the Ingress, alternating between the pods");
  teller.explain(
    "The client asks the address for pages of different hosts; each line says which pods answered, in turn.",
  );
  await untilServed(stage, { ip, host: "www.kgc.com", path: "/" });
  const somepath = { ip, host: "myservice.example.com", path: "/somepath" };
  const web = { ip, host: ip, path: "/web/index.html" };
  const [one, two, ...kgc] = await getPages(rack.client, [
    somepath,
    web,
    ...Array.from({ length: 6 }, () => ({ ip, host: "www.kgc.com", path: "/" })),
  ]);
  tellPages(teller, "www.kgc.com/", kgc);
  tellPages(teller, `myservice.example.com/somepath (${world.articleVersion})`, one === undefined ? [] : [one]);
  tellPages(teller, `${ip}/web/index.html (rewritten to ${two?.path})`, two === undefined ? [] : [two]);
  await untilStatus(stage, { ip, host: "www.china.com", path: "/" }, 503);
  teller.found("www.china.com/: 503, because its Service selects a label that no pod carries", {
    event: "page",
    url: "www.china.com/",
    status: 503,
    reason: "no endpoints",
  });
  await world.apply("later/31-china-pods.yaml");
  await untilServed(stage, { ip, host: "www.china.com", path: "/" });
  const china = await getPages(
    rack.client,
    Array.from({ length: 4 }, () => ({ ip, host: "www.china.com", path: "/" })),
  );
  tellPages(teller, "www.china.com/ (once such pods run)", china);
}

function tellPages(teller: Teller, url: string, got: readonly Page[]): void {
  const bad = got.find(({ status }) => status !== 200);
  if (bad !== undefined || got.length === 0)
    throw new Error(`${url}: status ${bad?.status ?? "none"}: ${bad?.body ?? ""}`);
  const pods = got.map(({ pod }) => pod);
  const runs = got.slice(1).filter(({ pod }, index) => pod === pods[index]).length;
  if (new Set(pods).size > 1 && runs > 0) throw new Error(`${url}: the pods do not alternate: ${pods.join(", ")}`);
  teller.found(`${url}: ${pods.join(", ")}`, { event: "page", url, status: 200, pods, path: got[0]?.path });
}

function untilStatus({ rack }: Stage, request: PageRequest, status: number): Promise<Page> {
  const seen = async (): Promise<Page | false> => {
    const [page] = await getPages(rack.client, [request]);
    return page?.status === status && page;
  };
  return until(`${request.host}${request.path} answers ${status}`, seen, patient);
}

function untilServed(stage: Stage, request: PageRequest): Promise<Page> {
  return untilStatus(stage, request, 200);
}

/** The switch port of the owner goes silent: the client measures what it sees. */
export async function deadNode({ rack, world, teller }: Stage, ip: string): Promise<number> {
  const node = await ownerOf({ rack, world }, ip);
  teller.chapter(`${node}, which owns the address, dies silently: its link stays up, nothing it sends arrives`);
  teller.explain(
    "The client sends a probe through the address every 2 ms to a pod on another node. Its wait is the time from the cut to " +
      "the first probe that is answered again: the other speakers hear nothing from the node, its kernel does " +
      "not answer them either, and after 40 ms (longer on a machine that is busy and gives them too little CPU) one of them announces.",
  );
  const prober = await Prober.start(rack.client, { mode: "udp", target: ip, port: ECHO_PORT, everyMs: 2 });
  await prober.waitForGood(CALM_PROBES);
  const { effectiveNs } = await rack.cutSilent(rack.host(node));
  await prober.waitForGood(CALM_PROBES);
  const findSuccessor = async (): Promise<string | undefined> =>
    (await world.announcers(ip)).find((announcer) => announcer !== node);
  const comeBack = async (): Promise<string> => {
    const successor = await until("another node announces the address", findSuccessor, patient);
    await rack.restore(rack.host(node));
    return successor;
  };
  // It waits a while for answers that will not come.
  const [records, successor] = await Promise.all([prober.stop(), comeBack()]);
  const gapMs = round(gapAfter(records, effectiveNs) ?? Infinity);
  teller.found(`the client waited ${gapMs} ms; ${successor} has taken over`, {
    event: "crash",
    node,
    successor,
    gapMs,
  });
  const findOwner = async (): Promise<string | undefined | false> => {
    const [first, ...others] = await world.announcers(ip);
    return others.length === 0 && first;
  };
  const owner = await until(`one node alone announces ${ip} after ${node} is back`, findOwner, patient);
  const words = owner === successor ? "leaves the address where it is" : `the address is with ${owner} now`;
  teller.found(`${node} is back and ${words}`, { event: "returned", node, owner });
  return gapMs;
}

/** The owner's speaker gets SIGTERM: the successor announces while the leaver still forwards. */
export async function plannedMove({ rack, world, teller }: Stage, ip: string): Promise<number> {
  const node = await ownerOf({ rack, world }, ip);
  teller.chapter(`A planned move: the speaker on ${node} is stopped with SIGTERM`);
  teller.explain(
    "The successor announces the address while the one that leaves still answers, so nothing should be lost.",
  );
  const prober = await Prober.start(rack.client, { mode: "udp", target: ip, port: ECHO_PORT, everyMs: 2 });
  await prober.waitForGood(CALM_PROBES);
  const { probes, lost } = await lostWhile(
    prober,
    2 * CALM_PROBES,
    () => world.stopSpeaker(node),
    () => world.restartSpeaker(node),
  );
  const successor = await ownerOf({ rack, world }, ip);
  teller.found(`${lost} of ${probes} probes lost; ${successor} has taken over`, {
    event: "move",
    from: node,
    to: successor,
    lost,
    probes,
  });
  return lost;
}

/** More Services than addresses: the one that waits says why, and is served when space appears. */
export async function exhausted({ world, teller }: Stage): Promise<void> {
  teller.chapter("More Services than addresses");
  teller.explain("Two more Services ask for an address of the pool, in which one is left.");
  await world.apply("later/60-one-too-many.yaml");
  const services = ["default/shop", "default/blog"];
  const findServed = async (): Promise<string | undefined> => {
    const served = await Promise.all(services.map((key) => world.assignedAddresses(key)));
    return services.find((_, index) => (served[index]?.length ?? 0) > 0);
  };
  const served = await until("one of two Services has an address", findServed, patient);
  const waiting = services.find((key) => key !== served) ?? "";
  const { reason, message } = await until(`${waiting} says why it waits`, () => refusal(world, waiting), patient);
  teller.found(`${served} has ${(await world.assignedAddresses(served)).join(", ")}`, {
    event: "assigned",
    service: served,
  });
  teller.found(`${waiting} waits: ${reason}: ${message}`, { event: "exhausted", service: waiting, reason, message });
  await world.removeService(served);
  const [ip] = await untilAssigned(world, waiting);
  teller.found(`${served} is deleted, and ${waiting} gets ${ip}`, { event: "picked-up", service: waiting, ip });
}

function untilAssigned(world: DemoWorld, key: string): Promise<readonly string[]> {
  const assigned = async (): Promise<readonly string[] | false> => {
    const addresses = await world.assignedAddresses(key);
    return addresses.length > 0 && addresses;
  };
  return until(`${key} has an address`, assigned, patient);
}

async function refusal(world: DemoWorld, key: string): Promise<Condition | undefined> {
  const conditions = await world.conditions(key);
  return conditions.find(({ type, status }) => type === ADDRESS_ASSIGNED && status === "False");
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
