import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ingressManifest, serviceManifests } from "./manifests.ts";
import {
  haproxyConfiguration,
  hawserSystem,
  type HttpSystem,
  haproxySystem,
  nginxCommand,
  nginxSystem,
  proxyLines,
} from "./systems.ts";

/** Hosts `h0.bench.test` to `h9999.bench.test`, each with the paths `/p0` to `/p9`. */
export const LAST_HOST = 9_999;
export const LAST_PATH = 9;

const hosts = Array.from({ length: LAST_HOST + 1 }, (_, number) => `h${number}.bench.test`);
const paths = Array.from({ length: LAST_PATH + 1 }, (_, number) => `/p${number}`);

/** Ours, nginx and HAProxy with a route for each host and path, all to one endpoint, as their ingress controllers write them. */
export function routedSystems(): readonly HttpSystem[] {
  return [
    hawserSystem("hawser", { manifests: routedManifests }),
    {
      ...nginxSystem,
      prepare(folder, { own, backend }) {
        const locations = paths.map((path) => `location ${path}/ { proxy_pass http://endpoint; }`).join("\n");
        const servers = hosts.map((host) => `server { listen 127.0.0.1:${own}; server_name ${host}; ${locations} }`);
        const http = `upstream endpoint { server 127.0.0.1:${backend}; keepalive 512; keepalive_requests 1000000000; }
          server_names_hash_max_size 65536; server_names_hash_bucket_size 128;
          ${proxyLines("http://endpoint").split("\n").slice(1).join("\n")}
          server { listen 127.0.0.1:${own} backlog=1024 default_server; location / { proxy_pass http://endpoint; } }`;
        return nginxCommand(folder, [http, ...servers].join("\n"));
      },
    },
    {
      ...haproxySystem,
      prepare(folder, ports) {
        const map = join(folder, "routes.map");
        writeFileSync(map, hosts.flatMap((host) => paths.map((path) => `${host}${path}/ endpoint\n`)).join(""));
        return haproxyConfiguration(folder, ports, [`use_backend %[base,map_beg(${map},endpoint)]`]);
      },
    },
  ];
}

/** Objects in one file: more would be too large to be read. */
const IN_ONE_FILE = 500;

/** As JSON, which is YAML and faster to write and to read. The Ingress without a host is there for the first question. */
function routedManifests(port: number): readonly string[] {
  const service = { service: { name: "bench", port: { number: 80 } } };
  const rulePaths = paths.map((path) => ({ path, pathType: "Prefix", backend: service }));
  const routed = hosts.map((host, number) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: `h${number}` },
    spec: { rules: [{ host, http: { paths: rulePaths } }] },
  }));
  const all = [ingressManifest({ name: "bench" }), ...serviceManifests("bench", ["127.0.0.1"], port), ...routed];
  return Array.from({ length: Math.ceil(all.length / IN_ONE_FILE) }, (_, part) =>
    all
      .slice(part * IN_ONE_FILE, (part + 1) * IN_ONE_FILE)
      .map((manifest) => JSON.stringify(manifest))
      .join("\n---\n"),
  );
}
