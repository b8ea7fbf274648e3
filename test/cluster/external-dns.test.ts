import { afterAll, beforeAll, describe, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { externalDnsProgram, whyNoExternalDns } from "#lab/companions/external-dns/build-external-dns.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#src/model/service-status.ts";
import { CompanionWorld, PATIENT } from "./companion-world.ts";

const reason = whyNoCluster() ?? whyNoExternalDns();
if (reason !== undefined) console.log(`skipped, no Kubernetes with external-dns can be had here: ${reason}`);

const STEP_MS = 300_000;
const INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses";
const SERVICES = "/api/v1/namespaces/shop/services";
const FRONT = "/api/v1/namespaces/hawser-system/services/hawser-ingress";

const ARGS =
  "--source=ingress --source=service --provider=inmemory --inmemory-zone=example.com --registry=noop --policy=sync --events";

/** The spec of an Ingress of `NAME.example.com`, but for its class. */
const rulesOf = (name: string): string =>
  `rules: [{ host: ${name}.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: mail, port: { number: 25 } } } }] } }]`;

/** An Ingress of each kind of class, one of another controller, and a Service with a name of its own. */
const OBJECTS = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { namespace: shop, name: web }
spec:
  ingressClassName: hawser
  ${rulesOf("web")}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { namespace: shop, name: legacy, annotations: { kubernetes.io/ingress.class: hawser } }
spec:
  ${rulesOf("legacy")}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { namespace: shop, name: foreign }
spec:
  ingressClassName: nginx
  ${rulesOf("foreign")}
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: mail, annotations: { external-dns.kubernetes.io/hostname: mail.example.com } }
spec: { type: LoadBalancer, selector: { app: mail }, ports: [{ port: 25 }] }
`;

interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly targets: readonly string[];
}

describe.skipIf(reason !== undefined)("H external-dns beside Hawser", () => {
  let world: CompanionWorld;
  beforeAll(async () => {
    world = await CompanionWorld.start([
      { image: "external-dns", command: [externalDnsProgram()], ready: /external-dns runs/ },
    ]);
    await world.installCompanion("external-dns", ARGS.split(" "));
    await world.apply(OBJECTS);
  }, STEP_MS);
  afterAll(async () => world?.stop());

  /** The records that external-dns has made, each on a line: `web.example.com A 192.0.2.200`. */
  function records(): readonly string[] {
    const printed = world.linesOf("external-dns/").findLast((line) => line.startsWith('{"records":'));
    const { records } = JSON.parse(printed ?? '{"records":[]}') as { readonly records: readonly DnsRecord[] };
    return records.map(({ name, type, targets }) => `${name} ${type} ${targets.join(" ")}`).toSorted();
  }

  async function addressesOf(path: string): Promise<readonly string[]> {
    return ingressOf(await world.get(path)).map(({ ip }) => String(ip));
  }

  /** The records for the addresses that the status of an object has now, of both families. */
  async function recordsFor(name: string, path: string): Promise<readonly string[]> {
    return (await addressesOf(path)).map((ip) => `${name}.example.com ${ip.includes(":") ? "AAAA" : "A"} ${ip}`);
  }

  /** Resolves when there are these records, and no others. */
  async function untilRecords(what: string, wanted: () => Promise<readonly string[]>): Promise<void> {
    let seen: unknown;
    const isSo = async (): Promise<boolean> => {
      const [are, should] = [records(), (await wanted()).toSorted()];
      seen = { are, should, last: world.linesOf("external-dns/").slice(-3) };
      return are.join() === should.join();
    };
    await until(what, isSo, { ...PATIENT, lastSeen: () => seen });
  }

  /** As `recordsFor`, once the status has so many addresses, and the ones that are named. */
  async function complete(name: string, path: string, addresses: readonly string[]): Promise<readonly string[]> {
    const found = await recordsFor(name, path);
    const isComplete = found.length === addresses.length && addresses.every((ip, at) => found[at]?.endsWith(` ${ip}`));
    return isComplete ? found : ["not there yet"];
  }

  const ofIngresses = async (addresses: readonly string[]): Promise<readonly string[]> => [
    ...(await complete("web", `${INGRESSES}/web`, addresses)),
    ...(await complete("legacy", `${INGRESSES}/legacy`, addresses)),
  ];

  it("makes records of the addresses in the statuses of Ingresses of our class and of Services, and of no others", async () => {
    await untilRecords("records of all", async () => {
      const mail = await recordsFor("mail", `${SERVICES}/mail`);
      const front = await addressesOf(FRONT);
      if (mail.length !== 1 || front.length !== 2) return ["not there yet"];
      return [...(await ofIngresses(front)), ...mail];
    });
  });

  it("follows when the addresses change: of the ingress, and of a Service that goes to another pool", async () => {
    const [front, mail] = [["192.0.2.205", "2001:db8:0:1::205"], ["192.0.2.220"]];
    await world.patch(FRONT, { metadata: { annotations: { "hawser.dev/load-balancer-ips": front.join() } } });
    await world.patch(`${SERVICES}/mail`, { metadata: { annotations: { "hawser.dev/address-pool": "other" } } });
    await untilRecords("records of the new addresses", async () => [
      ...(await ofIngresses(front)),
      ...(await complete("mail", `${SERVICES}/mail`, mail)),
    ]);
  });

  it("removes records when an Ingress goes, when another one gets a class that is not ours, and when a Service goes", async () => {
    await world.remove(`${INGRESSES}/web`);
    await world.remove(`${SERVICES}/mail`);
    await untilRecords("one record", async () => recordsFor("legacy", `${INGRESSES}/legacy`));
    await world.patch(`${INGRESSES}/legacy`, { metadata: { annotations: { "kubernetes.io/ingress.class": "nginx" } } });
    await untilRecords("no record", async () => []);
  });
});
