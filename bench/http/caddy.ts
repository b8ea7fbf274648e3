import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import type { HttpSystem } from "./systems.ts";

/** One thread that runs Go code, kept-alive connections to the endpoint, the same header fields as ours. */
export const caddySystem: HttpSystem = {
  name: "caddy",
  package: "caddy",
  versionCommand: ["caddy", "version"],
  prepare(folder, { own, secure, backend }) {
    const { cert, key } = selfSigned("bench.invalid", Date.now());
    const [certFile, keyFile, file] = ["cert.pem", "key.pem", "Caddyfile"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const proxy = `reverse_proxy 127.0.0.1:${backend} {
    header_up X-Real-IP {remote_host}
    header_up X-Forwarded-Port {server_port}
    header_up X-Request-ID {http.request.uuid}
    transport http {
      keepalive_idle_conns 512
      keepalive_idle_conns_per_host 512
    }
  }`;
    writeFileSync(
      file,
      `{
  admin off
  auto_https off
  default_bind 127.0.0.1
  default_sni bench.invalid
  log {
    output discard
  }
}
http://:${own} {
  ${proxy}
}
https://:${secure} {
  tls ${certFile} ${keyFile}
  ${proxy}
}
`,
    );
    return ["env", "GOMAXPROCS=1", `HOME=${folder}`, "caddy", "run", "--adapter", "caddyfile", "--config", file];
  },
};
