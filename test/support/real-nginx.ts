import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "#lab/rack/until.ts";
import { closedPort, openClient } from "./ingress-proxy.ts";

const NGINX = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].find((path) => existsSync(path));

/** Whether nginx is installed here; if not, says so on standard error, once for each file that asks. */
export function hasNginx(): boolean {
  if (NGINX === undefined)
    process.stderr.write("skipped: nginx is not installed, so nothing is compared with it (Debian: nginx-light)\n");
  return NGINX !== undefined;
}

/** A real nginx on a loopback port, which forwards what its location lets through to an endpoint. */
export interface RealNginx extends AsyncDisposable {
  readonly port: number;
}

/** Starts one; `http` goes into its block `http`, `location` into that of `/`, `more` into that of the server. */
export async function startNginx({
  endpointPort,
  http = "",
  location = "",
  more = "",
}: {
  readonly endpointPort: number;
  readonly http?: string;
  readonly location?: string;
  /** Further locations. */
  readonly more?: string;
}): Promise<RealNginx> {
  const folder = await mkdtemp(join(tmpdir(), "hawser-nginx-"));
  const port = await closedPort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = join(folder, "nginx.conf");
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off; keepalive_requests 100000; ${temporary.join(" ")}
  ${http}
  server {
    listen 127.0.0.1:${port};
    location / { ${location} proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://127.0.0.1:${endpointPort}; }
    ${more}
  }
}
`,
  );
  const child = spawn(NGINX!, ["-c", config, "-p", folder, "-e", "stderr"], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await until("nginx to listen", async () => await accepts(port));
  return {
    port,
    async [Symbol.asyncDispose]() {
      // One process with a signal between two looks for events sleeps on, so it is not asked to end.
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  using client = openClient(port);
  return await new Promise((resolve) => {
    client.socket.once("connect", () => resolve(true)).once("close", () => resolve(false));
  });
}
