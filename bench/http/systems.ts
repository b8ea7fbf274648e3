import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { caddySystem } from "./caddy.ts";
import { ingressManifest, printManifests, serviceManifests } from "./manifests.ts";

const INGRESS = fileURLToPath(new URL("../../ingress/main.ts", import.meta.url));
/** Some have 100,000 routes to read. */
const STARTS_WITHIN_MS = 120_000;
/** What the endpoint answers to everything but /large. */
const SMALL_BODY = "x".repeat(127);
const LARGE_BYTES = 1_048_576;
/** Of a proxy. HAProxy wants two descriptors for each, and does with those that it is allowed. */
const MAX_CONNECTIONS = 16_384;

/** A program under test: its command and the files it reads. */
export interface HttpSystem {
  readonly name: string;
  /** The Debian package that brings it; undefined: always there. */
  readonly package: string | undefined;
  /** What is run to learn whether it is there, and its version. */
  readonly versionCommand: readonly string[];
  /** Writes its files into the folder and returns its command. */
  prepare(
    folder: string,
    ports: { readonly own: number; readonly secure: number; readonly backend: number },
  ): readonly string[];
}

/** A program that runs. */
export interface Running extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** For TLS, by HTTP/2 where the client likes. */
  readonly securePort: number;
  readonly pid: number;
}

/** An ingress of Hawser: its sources, and the manifests and options it gets. */
export function hawserSystem(
  name: string,
  {
    program = INGRESS,
    manifests: yaml,
    options = [],
    hasTls = false,
  }: {
    readonly program?: string;
    readonly hasTls?: boolean;
    /** The text of each file. */
    readonly manifests: (backend: number) => readonly string[];
    readonly options?: readonly string[];
  },
): HttpSystem {
  return {
    name,
    package: undefined,
    versionCommand: [process.execPath, "--version"],
    prepare(folder, { own, secure, backend }) {
      for (const [at, text] of yaml(backend).entries()) writeFileSync(join(folder, `part-${at}.yaml`), text);
      const ports = [
        `--http-port=${own}`,
        `--https-port=${hasTls ? secure : 0}`,
        "--default-backend-port=0",
        "--admin-port=0",
      ];
      const rest = ["--bind-address=127.0.0.1", "--log-level=warn", ...ports, ...options];
      return [process.execPath, program, `--manifests=${folder}`, ...rest];
    },
  };
}

/** A certificate and its key in one file, as HAProxy reads them; nginx reads each from the same file. */
function writeCertificate(folder: string): string {
  const file = join(folder, "certificate.pem");
  const { cert, key } = selfSigned("bench.invalid", Date.now());
  writeFileSync(file, `${cert}${key}`, { mode: 0o600 });
  return file;
}

/** One worker, no log, the same header fields as ours; buffers as measured best for 1 MB. */
export function proxyLines(pass: string): string {
  return `proxy_pass ${pass};
    proxy_http_version 1.1;
    proxy_buffers 8 32k;
    proxy_max_temp_file_size 0;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Request-ID $request_id;`;
}

/** Kept-alive connections to the endpoint. */
export const nginxSystem: HttpSystem = {
  name: "nginx",
  package: "nginx-light",
  versionCommand: ["nginx", "-v"],
  prepare(folder, { own, secure, backend }) {
    const certificate = writeCertificate(folder);
    return nginxCommand(
      folder,
      `upstream endpoint { server 127.0.0.1:${backend}; keepalive 512; keepalive_requests 1000000000; }
       server {
         listen 127.0.0.1:${own} backlog=1024;
         listen 127.0.0.1:${secure} ssl http2 backlog=1024;
         ssl_protocols TLSv1.2 TLSv1.3;
         ssl_certificate ${certificate};
         ssl_certificate_key ${certificate};
         location / { ${proxyLines("http://endpoint")} }
       }`,
    );
  },
};

/** One thread, connections shared between requests, the same header fields as ours; large bodies by splice(2). */
export const haproxySystem: HttpSystem = {
  name: "haproxy",
  package: "haproxy",
  versionCommand: ["haproxy", "-v"],
  prepare: (folder, ports) => haproxyConfiguration(folder, ports, []),
};

/** Writes a configuration of HAProxy with more rules of its frontend; returns the command that runs it. */
export function haproxyConfiguration(
  folder: string,
  { own, secure, backend }: { readonly own: number; readonly secure: number; readonly backend: number },
  rules: readonly string[],
): readonly string[] {
  const file = join(folder, "haproxy.cfg");
  const certificate = writeCertificate(folder);
  writeFileSync(
    file,
    `global
  nbthread 1
  no strict-limits
  maxconn ${MAX_CONNECTIONS}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 60s
  option splice-auto
frontend in
  bind 127.0.0.1:${own}
  bind 127.0.0.1:${secure} ssl crt ${certificate} alpn h2,http/1.1
  unique-id-format %{+X}o%ci%cp%Ts%rt%pid
  unique-id-header X-Request-ID
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Forwarded-Port %[dst_port]
${rules.map((rule) => `  ${rule}\n`).join("")}  default_backend endpoint
backend endpoint
  http-reuse always
  server one 127.0.0.1:${backend}
`,
  );
  return ["haproxy", "-q", "-db", "-f", file];
}

/** The systems that are compared, ours first; `against` is a folder with other sources of Hawser, which run as `against`. */
export function systemsWith(against: string | undefined): readonly HttpSystem[] {
  const hawser = hawserSystem("hawser", { manifests, hasTls: true });
  const opponents = [nginxSystem, haproxySystem, caddySystem];
  if (against === undefined) return [hawser, ...opponents];
  const program = join(resolve(against), "ingress/main.ts");
  return [hawser, hawserSystem("against", { program, manifests, hasTls: true }), ...opponents];
}

/** The endpoint behind them: nginx answering from memory, so that it is not the limit. */
export const backend = backendAt(["127.0.0.1"]);

/** The same at several addresses of this machine. */
export function backendAt(addresses: readonly string[]): HttpSystem {
  return {
    ...nginxSystem,
    name: "backend",
    prepare(folder, { own }) {
      writeFileSync(join(folder, "large"), Buffer.alloc(LARGE_BYTES, "x"), { mode: 0o644 });
      writeFileSync(join(folder, "json"), JSON.stringify(jsonItems()), { mode: 0o644 });
      const listen = addresses.map((address) => `listen ${address}:${own} backlog=1024;`).join(" ");
      return nginxCommand(
        folder,
        `open_file_cache max=8;
         server {
           ${listen}
           location = /large { root ${folder}; sendfile on; }
           location = /json { root ${folder}; default_type application/json; }
           location = /fail { return 503; }
           location / { return 200 "${SMALL_BODY}\\n"; }
         }`,
      );
    },
  };
}

/** Some 10 kB of JSON as an API answers it. */
function jsonItems(): readonly unknown[] {
  return Array.from({ length: 80 }, (_, id) => ({
    id,
    name: `item ${id * 7919}`,
    createdAt: new Date(id * 86_400_123).toISOString(),
    price: (id * 37) % 101,
    tags: ["new", id % 3 === 0 ? "sale" : "regular"],
  }));
}

export function nginxCommand(folder: string, http: string): readonly string[] {
  const file = join(folder, "nginx.conf");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const user = process.getuid?.() === 0 ? "user root;" : "";
  writeFileSync(
    file,
    `${user} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
     worker_rlimit_nofile ${2 * MAX_CONNECTIONS};
     events { worker_connections ${MAX_CONNECTIONS}; }
     http { access_log off; keepalive_timeout 600s; keepalive_requests 1000000000; ${temp.join(" ")} ${http} }`,
  );
  return ["nginx", "-e", `${folder}/error.log`, "-c", file];
}

/** Starts a system in a folder of its own (`name`, by default that of the system) and waits until it answers. */
export async function start(
  system: HttpSystem,
  at: {
    readonly folder: string;
    readonly name?: string;
    readonly pin: readonly string[];
    readonly backendPort: number;
  },
): Promise<Running> {
  const folder = join(at.folder, at.name ?? system.name);
  mkdirSync(folder);
  const [port, securePort] = [await freePort(), await freePort()];
  const ports = { own: port, secure: securePort, backend: at.backendPort };
  const [command = "", ...args] = [...at.pin, ...system.prepare(folder, ports)];
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  const running: Running = {
    name: system.name,
    port,
    securePort,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: () => stop(child),
  };
  try {
    await answers(running, child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return running;
}

async function answers({ name, port }: Running, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await response?.text();
    if (response?.status === 200) return;
    if (child.exitCode !== null || performance.now() > endMs)
      throw new Error(`${name} does not answer on port ${port}`);
    await delay(20);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export function manifests(port: number): readonly string[] {
  return [printManifests([ingressManifest({ name: "bench" }), ...serviceManifests("bench", ["127.0.0.1"], port)])];
}
