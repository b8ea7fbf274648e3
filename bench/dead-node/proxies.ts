import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { serviceManifests, ingressManifest, printManifests } from "#bench/http/manifests.ts";
import { hawserSystem, nginxCommand, nginxSystem, proxyLines } from "#bench/http/systems.ts";

/** A proxy with endpoints on two nodes. */
export interface DeadNodeProxy {
  readonly name: string;
  readonly package: string | undefined;
  readonly versionCommand: readonly string[];
  /** Its command, for endpoints at this port of these addresses. Its files go into the folder. */
  command(folder: string, of: { readonly port: number; readonly endpoints: readonly string[] }): readonly string[];
}

export const ENDPOINT_PORT = 8_080;

/** Ours as it is by default; nginx with the time-outs of ingress-nginx, and with the shortest that it takes: one second. */
export const deadNodeProxies: readonly DeadNodeProxy[] = [
  hawser(),
  nginx("nginx", { connectSeconds: 5, readSeconds: 60 }),
  nginx("nginx-1s", { connectSeconds: 1, readSeconds: 1 }),
];

function hawser(): DeadNodeProxy {
  return {
    name: "hawser",
    package: undefined,
    versionCommand: [process.execPath, "--version"],
    command(folder, { port, endpoints }) {
      mkdirSync(folder, { recursive: true });
      const objects = [ingressManifest({ name: "bench" }), ...serviceManifests("bench", endpoints, ENDPOINT_PORT)];
      const system = hawserSystem("hawser", { manifests: () => [printManifests(objects)] });
      return system.prepare(folder, { own: port, secure: 0, backend: ENDPOINT_PORT });
    },
  };
}

function nginx(
  name: string,
  { connectSeconds, readSeconds }: { readonly connectSeconds: number; readonly readSeconds: number },
): DeadNodeProxy {
  const { package: brings, versionCommand } = nginxSystem;
  return {
    name,
    package: brings,
    versionCommand,
    command(folder, { port, endpoints }) {
      const own = join(folder, "files");
      mkdirSync(own, { recursive: true });
      const servers = endpoints.map((address) => `server ${address}:${ENDPOINT_PORT};`).join(" ");
      return nginxCommand(
        own,
        `upstream endpoint { ${servers} keepalive 320; }
         server {
           listen 127.0.0.1:${port};
           location / {
             ${proxyLines("http://endpoint")}
             proxy_connect_timeout ${connectSeconds}s;
             proxy_read_timeout ${readSeconds}s;
             proxy_next_upstream error timeout;
           }
         }`,
      );
    },
  };
}
