import { renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Manifest } from "#bench/http/filter-case.ts";
import { ingressManifest, printManifests, serviceManifests } from "#bench/http/manifests.ts";
import { hawserSystem, type HttpSystem, nginxCommand, nginxSystem, proxyLines } from "#bench/http/systems.ts";
import type { KeyPair } from "#ingress/tls/self-signed.ts";

/** What is changed. */
export const CHANGED = ["route", "endpoints", "certificate"] as const;
export type Changed = (typeof CHANGED)[number];

/** What a proxy is to do now. */
export interface ChurnState {
  /** Where MOVED is redirected to. */
  readonly location: string;
  /** Where requests for TURNS go. */
  readonly endpointPort: number;
  /** Of CERTIFIED. */
  readonly certificate: KeyPair;
}

export const MOVED = "moved.test";
export const TURNS = "turns.test";
export const CERTIFIED = "certified.test";

/** A program whose configuration changes while it serves. */
export interface ChurnSystem {
  readonly system: HttpSystem;
  /** Makes a running program do what the state says; what else is in the state is as before. */
  change(changed: Changed, state: ChurnState, at: { readonly folder: string; readonly pid: number }): Promise<void>;
}

/** What runs in turn, each from the state that it begins with. */
export function churnSystems(begin: ChurnState): readonly ChurnSystem[] {
  return [hawser(begin), nginx(begin), haproxy(begin)];
}

/** A watched folder: each change is one file that takes the place of another. */
function hawser(begin: ChurnState): ChurnSystem {
  const system = hawserSystem("hawser", {
    hasTls: true,
    options: ["--ssl-redirect=false", "--workers=1"],
    manifests: (port) => [
      printManifests([
        ingressManifest({ name: "steady", service: "steady" }),
        ...serviceManifests("steady", ["127.0.0.1"], port),
      ]),
    ],
  });
  return {
    system: {
      ...system,
      prepare(folder, ports) {
        const command = system.prepare(folder, ports);
        for (const changed of CHANGED) writeObjects(folder, changed, begin);
        return command;
      },
    },
    change: async (changed, state, { folder }) => writeObjects(folder, changed, state),
  };
}

function writeObjects(folder: string, changed: Changed, state: ChurnState): void {
  replace(join(folder, `${changed}.yaml`), printManifests(objectsOf(changed, state)));
}

function objectsOf(changed: Changed, { location, endpointPort, certificate }: ChurnState): readonly Manifest[] {
  switch (changed) {
    case "route":
      return [
        ingressManifest({
          name: "moved",
          host: MOVED,
          service: "steady",
          annotations: { "permanent-redirect": location },
        }),
      ];
    case "endpoints":
      return [
        ingressManifest({ name: "turns", host: TURNS, service: "turns" }),
        ...serviceManifests("turns", ["127.0.0.1"], endpointPort),
      ];
    default: {
      const data = { "tls.crt": btoa(certificate.cert), "tls.key": btoa(certificate.key) };
      const { spec, ...ingress } = ingressManifest({ name: "certified", host: CERTIFIED, service: "steady" });
      return [
        { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata: { name: "certified" }, data },
        { ...ingress, spec: { ...(spec as object), tls: [{ hosts: [CERTIFIED], secretName: "certified" }] } },
      ];
    }
  }
}

/** A reload for each change, as its documentation has it: old workers serve what they have. */
function nginx(begin: ChurnState): ChurnSystem {
  let ports = { own: 0, secure: 0, backend: 0 };
  const write = (folder: string, state: ChurnState): readonly string[] => {
    const certificate = writeCertificate(folder, state);
    return nginxCommand(
      folder,
      `upstream endpoint { server 127.0.0.1:${ports.backend}; keepalive 64; }
       map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
       server {
         listen 127.0.0.1:${ports.own} default_server;
         location / { ${proxyLines("http://endpoint")} }
         location /ws {
           proxy_pass http://endpoint;
           proxy_http_version 1.1;
           proxy_read_timeout 1h;
           proxy_set_header Upgrade $http_upgrade;
           proxy_set_header Connection $connection_upgrade;
         }
       }
       server { listen 127.0.0.1:${ports.own}; server_name ${MOVED}; return 301 ${state.location}; }
       server {
         listen 127.0.0.1:${ports.own};
         server_name ${TURNS};
         location / { ${proxyLines(`http://127.0.0.1:${state.endpointPort}`)} }
       }
       server {
         listen 127.0.0.1:${ports.secure} ssl;
         server_name ${CERTIFIED};
         ssl_certificate ${certificate};
         ssl_certificate_key ${certificate};
         location / { ${proxyLines("http://endpoint")} }
       }`,
    );
  };
  return {
    system: {
      ...nginxSystem,
      prepare(folder, given) {
        ports = given;
        return write(folder, begin);
      },
    },
    async change(_changed, state, { folder, pid }) {
      write(folder, state);
      process.kill(pid, "SIGHUP");
    },
  };
}

/** Its socket for commands, which takes all three changes without a reload. */
function haproxy(begin: ChurnState): ChurnSystem {
  const host = "req.hdr(host),field(1,:)";
  return {
    system: {
      name: "haproxy",
      package: "haproxy",
      versionCommand: ["haproxy", "-v"],
      prepare(folder, { own, secure, backend }) {
        const certificate = writeCertificate(folder, begin);
        const map = join(folder, "moved.map");
        writeFileSync(map, `${MOVED} ${begin.location}\n`);
        const file = join(folder, "haproxy.cfg");
        writeFileSync(
          file,
          `global
  nbthread 1
  maxconn 4096
  stats socket ${folder}/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  timeout tunnel 1h
frontend in
  bind 127.0.0.1:${own}
  bind 127.0.0.1:${secure} ssl crt ${certificate}
  http-request redirect location %[${host},map(${map})] code 301 if { ${host},map(${map}) -m found }
  use_backend turns if { ${host} ${TURNS} }
  default_backend steady
backend steady
  http-reuse always
  server one 127.0.0.1:${backend}
backend turns
  server one 127.0.0.1:${begin.endpointPort}
`,
        );
        return ["haproxy", "-q", "-db", "-f", file];
      },
    },
    async change(changed, { location, endpointPort, certificate }, { folder }) {
      const pem = join(folder, "certificate.pem");
      const commands = {
        route: [`set map ${join(folder, "moved.map")} ${MOVED} ${location}`],
        endpoints: [`set server turns/one addr 127.0.0.1 port ${endpointPort}`],
        certificate: [`set ssl cert ${pem} <<\n${certificate.cert}${certificate.key}`, `commit ssl cert ${pem}`],
      };
      for (const command of commands[changed]) await say(join(folder, "admin.sock"), command);
    },
  };
}

/** One command for HAProxy; a connection takes one. */
async function say(socketPath: string, command: string): Promise<void> {
  const socket = connect(socketPath);
  socket.end(`${command}\n`);
  await text(socket);
}

function writeCertificate(folder: string, { certificate }: ChurnState): string {
  const file = join(folder, "certificate.pem");
  replace(file, `${certificate.cert}${certificate.key}`);
  return file;
}

/** Whole or not at all. */
function replace(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
