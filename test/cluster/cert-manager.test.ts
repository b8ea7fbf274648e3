import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { certManagerFolder, whyNoCertManager } from "#lab/companions/cert-manager/build-cert-manager.ts";
import { startPebble } from "#lab/companions/cert-manager/pebble.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { CompanionWorld, PATIENT } from "./companion-world.ts";

const reason = whyNoCluster() ?? whyNoCertManager();
if (reason !== undefined) console.log(`skipped, no Kubernetes with cert-manager can be had here: ${reason}`);

const STEP_MS = 300_000;
const INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses";
const PROOFS = "/.well-known/acme-challenge/";
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const NGINX = "nginx.ingress.kubernetes.io/";
/** `ann` with the password `letmein`, as `htpasswd -nbs` writes it. */
const USERS = "ann:{SHA}t6h1/B6iKLkGEEG3zsS9PFKrPOM=";
const PASSWORD = "ann:letmein";
const BASIC = { [`${NGINX}auth-type`]: "basic", [`${NGINX}auth-secret`]: "users" };

/** A web application, and the users of a part of it. */
const SHOP = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
{ apiVersion: v1, kind: Secret, metadata: { namespace: shop, name: users }, stringData: { auth: "${USERS}" } }
`;

/** Hosts of a user of ingress-nginx, and what a client without password gets from each by HTTPS. */
const SHOPS: readonly { name: string; issuer?: string; annotations: Record<string, string>; status: number }[] = [
  { name: "plain", annotations: {}, status: 200 },
  { name: "forced", annotations: { [`${NGINX}force-ssl-redirect`]: "true", ...BASIC }, status: 401 },
  { name: "listed", annotations: { [`${NGINX}whitelist-source-range`]: "198.18.0.0/15" }, status: 403 },
  { name: "legacy", issuer: "legacy", annotations: { [CLASS_ANNOTATION]: "hawser" }, status: 200 },
  {
    name: "edited",
    annotations: { "acme.cert-manager.io/http01-edit-in-place": "true", [`${NGINX}ssl-redirect`]: "true", ...BASIC },
    status: 401,
  },
  { name: "short", issuer: "short", annotations: {}, status: 200 },
];

/** An entry of the log of requests. */
interface Request {
  readonly host: string;
  readonly target: string;
  readonly status: number;
  readonly tls: boolean;
}

interface IngressObject extends KubeObject {
  readonly spec: {
    readonly ingressClassName?: string;
    readonly rules: readonly {
      readonly host: string;
      readonly http: { readonly paths: readonly { path: string }[] };
    }[];
  };
}

function issuer(name: string, url: string, more: { solver?: object; profile?: string } = {}): string {
  const { solver = { ingressClassName: "hawser" }, profile = "default" } = more;
  const acme = {
    server: url,
    skipTLSVerify: true,
    profile,
    privateKeySecretRef: { name: `${name}-account` },
    solvers: [{ http01: { ingress: solver } }],
  };
  return JSON.stringify({
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    metadata: { name },
    spec: { acme },
  });
}

function shop({ name, issuer = "pebble", annotations }: (typeof SHOPS)[number]): string {
  const host = `${name}.example.com`;
  const paths = [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }];
  return JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace: "shop", name, annotations: { "cert-manager.io/cluster-issuer": issuer, ...annotations } },
    spec: {
      ...(annotations[CLASS_ANNOTATION] === undefined && { ingressClassName: "hawser" }),
      tls: [{ hosts: [host], secretName: `${name}-tls` }],
      rules: [{ host, http: { paths } }],
    },
  });
}

describe.skipIf(reason !== undefined)("H cert-manager and pebble beside Hawser", () => {
  let world: CompanionWorld;
  let address: string;
  /** Where the proof of a host was answered. */
  const solvers = new Map<string, "field" | "annotation" | "in place">();
  const closing = new AbortController();
  beforeAll(async () => {
    const program = (name: string): string => join(certManagerFolder(), name);
    world = await CompanionWorld.start([
      { image: "cert-manager", command: [program("controller")], ready: /cert-manager runs/ },
      { image: "acmesolver", command: [program("acmesolver")] },
    ]);
    address = await world.ingressAddress(".");
    const pebble = await startPebble(world.rack.remote, { directory: world.directory, address });
    const crds = join(certManagerFolder(), "crds");
    const definitions = readdirSync(crds).filter((name) => name.endsWith(".yaml"));
    for (const name of definitions) await world.apply(readFileSync(join(crds, name), "utf8"));
    await world.apply(SHOP);
    // More at once, and sooner again, than by default: six hosts wait for their certificates.
    const more = ["--concurrent-workers=10", "--dns01-check-retry-period=1s"];
    await world.installCompanion("cert-manager", [`--acme-http01-solver-nameservers=${pebble.nameserver}`, ...more]);
    await world.untilReady("shop", 1);
    const issuers = [
      issuer("pebble", pebble.url),
      issuer("legacy", pebble.url, { solver: { class: "hawser" } }),
      issuer("short", pebble.url, { profile: "short" }),
    ];
    await world.apply(issuers.join("\n---\n"));
    void world.cluster.api.watch(`${INGRESSES}?watch=1`, noteSolver, closing.signal).catch(() => undefined);
    await world.apply(SHOPS.map(shop).join("\n---\n"));
  }, STEP_MS);
  afterAll(async () => {
    closing.abort();
    await world?.stop();
  });

  function noteSolver(event: unknown): void {
    const { metadata, spec } = (event as { readonly object: IngressObject }).object;
    for (const { host, http } of spec.rules) {
      if (!http.paths.some(({ path }) => path.startsWith(PROOFS))) continue;
      const isOwn = metadata.name.startsWith("cm-acme-http-solver-");
      const form = spec.ingressClassName === undefined ? "annotation" : "field";
      solvers.set(host, isOwn ? form : "in place");
    }
  }

  /** What the certificate of a host shows at an address and port: its issuer, names and serial number. */
  async function certificateAt(host: string, at: string): Promise<string> {
    const ask = `openssl s_client -connect ${at} -servername ${host} < /dev/null 2> /dev/null`;
    const show = "openssl x509 -noout -issuer -serial -ext subjectAltName";
    // Nodes alone know the way to pods.
    const { remote, nodes } = world.rack;
    const from = at.startsWith(address) ? remote : (nodes[0] ?? remote);
    const { stdout } = await from.run(["bash", "-c", `${ask} | ${show}`]);
    return stdout;
  }

  const serialOf = (shown: string): string | undefined => /serial=(\w+)/.exec(shown)?.[1];

  /** Resolves with the serial number of pebble's certificate once a host shows one. */
  async function untilIssued(host: string): Promise<string> {
    const find = async (): Promise<string | undefined> => {
      const shown = await certificateAt(host, `${address}:443`);
      return shown.includes("Pebble Intermediate CA") && shown.includes(`DNS:${host}\n`) ? serialOf(shown) : undefined;
    };
    return until(`${host} shows a certificate of pebble`, find, { ...PATIENT, lastSeen: () => world.saidLast() });
  }

  /** The status and Location of an answer to a client outside of the LAN. */
  async function ask(url: string, ...options: readonly string[]): Promise<string> {
    const { host, protocol } = new URL(url);
    const place = `${host}:${protocol === "https:" ? 443 : 80}:${address}`;
    const form = ["--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"];
    const { stdout } = await world.rack.remote.run(["curl", ...form, "--resolve", place, ...options, url]);
    return stdout.trim();
  }

  /** The requests of the log that ask for a proof of a host and get it. */
  function proofsOf(host: string): readonly Request[] {
    const lines = world.linesOf("hawser-system/hawser-ingress-").filter((line) => line.includes(PROOFS));
    const requests = lines.map((line) => JSON.parse(line) as Request);
    return requests.filter(
      (one) => one.host.split(":")[0] === host && one.target.startsWith(PROOFS) && one.status === 200,
    );
  }

  it.each(SHOPS)(
    "issues the certificate of the host $name by plain HTTP, while it redirects to HTTPS and answers $status",
    async ({ name, status, annotations }) => {
      const host = `${name}.example.com`;
      await untilIssued(host);
      expect(await ask(`http://${host}/a?b=c`)).toBe(`308 https://${host}/a?b=c`);
      expect(await ask(`https://${host}/`)).toBe(String(status));
      if ("nginx.ingress.kubernetes.io/auth-type" in annotations)
        expect(await ask(`https://${host}/`, "--user", PASSWORD)).toBe("200");
      // Where no rule is for the path, the Ingress of the host has the request: not redirected, and asked who it is.
      expect(await ask(`http://${host}${PROOFS}none`)).toBe(String(status));
      // The self-check of cert-manager asks several times; pebble names the port, too.
      const proofs = proofsOf(host);
      expect(new Set(proofs.map((one) => `${one.host} ${one.tls}`))).toEqual(
        new Set([`${host} false`, `${host}:80 false`]),
      );
    },
  );

  it("had a solver of the class in its field, one of the class in the old annotation, and one in the Ingress of the host", async () => {
    expect(solvers.get("plain.example.com")).toBe("field");
    expect(solvers.get("legacy.example.com")).toBe("annotation");
    expect(solvers.get("edited.example.com")).toBe("in place");
    const left = async (): Promise<readonly string[]> => {
      const { items } = await world.get<{ items: readonly IngressObject[] }>(INGRESSES);
      return items.flatMap(({ metadata, spec }) =>
        spec.rules.flatMap(({ http }) => http.paths.map(({ path }) => `${metadata.name} ${path}`)),
      );
    };
    const wanted = SHOPS.map(({ name }) => `${name} /`);
    const others = async (): Promise<readonly string[]> => (await left()).filter((one) => !/^cm-|^short/.test(one));
    const isSo = async (): Promise<boolean> => (await others()).join() === wanted.slice(0, -1).toSorted().join();
    await until("the solvers are gone", isSo, { ...PATIENT, lastSeen: () => world.saidLast() });
  });

  it("renews a certificate when it is due: all replicas show the new one, and none was restarted", async () => {
    const before = await world.ingressPods();
    const others = await certificateAt("plain.example.com", `${address}:443`);
    const first = await untilIssued("short.example.com");
    for (const { ip } of before) {
      const isNew = async (): Promise<boolean> => {
        const shown = await certificateAt("short.example.com", `${ip}:8443`);
        return shown.includes("Pebble Intermediate CA") && serialOf(shown) !== first;
      };
      await until(`the replica at ${ip} shows a new certificate`, isNew, {
        ...PATIENT,
        lastSeen: () => world.saidLast(),
      });
    }
    expect(await world.ingressPods()).toEqual(before);
    expect(await certificateAt("plain.example.com", `${address}:443`)).toBe(others);
  });
});
