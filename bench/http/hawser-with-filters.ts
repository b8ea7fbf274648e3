import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FilterCase, hostOfCase, type Manifest } from "./filter-case.ts";
import { ingressManifest, printManifests, serviceManifests } from "./manifests.ts";
import { hawserSystem, type HttpSystem, nginxCommand, nginxSystem, proxyLines } from "./systems.ts";

/** Addresses of loopback at which the endpoint listens. */
export const ENDPOINT_ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
/** Fields that the annotation `custom-headers` may set. */
const ALLOWED = "--allowed-response-headers=X-Frame-Options,Referrer-Policy";

/** Hawser with an Ingress for each case. */
export function hawserWithFilters(name: string, cases: readonly FilterCase[], options: readonly string[]): HttpSystem {
  return hawserSystem(name, {
    options: [ALLOWED, ...options],
    hasTls: true,
    manifests: (backend) => {
      const services = [
        ...serviceManifests("bench", ENDPOINT_ADDRESSES.slice(0, 1), backend),
        ...serviceManifests("three", ENDPOINT_ADDRESSES, backend),
      ];
      return [printManifests([...services, ingressManifest({ name: "any" }), ...cases.flatMap(manifestsOf)])];
    },
  });
}

function manifestsOf(one: FilterCase): readonly Manifest[] {
  const { name, annotations, policy, objects = [], path, service, isSecure } = one;
  const ingress = ingressManifest({
    name,
    host: hostOfCase(one),
    ...(annotations && { annotations }),
    ...(path && { path }),
    ...(service !== undefined && { service }),
    ...(isSecure && { isSecure }),
  });
  const targetRefs = [{ kind: "Ingress", name }];
  const spec = { targetRefs, ...policy };
  const attached = { apiVersion: "hawser.dev/v1alpha1", kind: "HTTPPolicy", metadata: { name }, spec };
  return [ingress, ...objects, ...(policy === undefined ? [] : [attached])];
}

/** nginx with a server for each case that it has by hand. */
export function nginxWithFilters(cases: readonly FilterCase[]): HttpSystem {
  return {
    ...nginxSystem,
    name: "nginx",
    prepare(folder, { own, backend }) {
      const able = cases.flatMap((one) => (one.nginx === undefined ? [] : [{ ...one.nginx, host: hostOfCase(one) }]));
      const files = able.flatMap((one) => Object.entries(one.files ?? {}));
      for (const [name, text] of files) writeFileSync(join(folder, name), text, { mode: 0o644 });
      const upstream = (name: string): string =>
        `upstream ${name} { server 127.0.0.1:${backend}; keepalive 512; keepalive_requests 1000000000; }`;
      const servers = able.map(({ host, server = "", location = "", path = "/", pass = "http://endpoint" }) => {
        const forwarded = pass === "" ? "" : proxyLines(pass);
        return `server { listen 127.0.0.1:${own}; server_name ${host}; ${server} location ${path} { ${location} ${forwarded} } }`;
      });
      const any = `server { listen 127.0.0.1:${own} default_server backlog=1024; location / { ${proxyLines("http://endpoint")} } }`;
      const http = [upstream("endpoint"), upstream("canary"), ...able.map((one) => one.http ?? ""), any, ...servers];
      return nginxCommand(folder, `server_names_hash_bucket_size 128; ${http.join("\n")}`);
    },
  };
}
