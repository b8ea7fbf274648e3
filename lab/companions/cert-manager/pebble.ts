import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeServerCertificate } from "#lab/install/certificates.ts";
import type { Host } from "#lab/rack/host.ts";
import { certManagerFolder } from "./build-cert-manager.ts";

const ACME_PORT = 14_000;
const DNS_PORT = 8053;
/** Of a certificate of the profile `short`, so that a renewal by time can be waited for: it is due after two thirds of them. */
const SHORT_SECONDS = 45;
const LONG_SECONDS = 90 * 86_400;

export interface Pebble {
  /** Of its directory, as an issuer names it. */
  readonly url: string;
  /** Its DNS server, which says of every name that it is at the address of the start. */
  readonly nameserver: string;
}

/**
 * Starts pebble, the ACME server of Let's Encrypt for tests, on a host, with a DNS server that gives one IPv4 address to
 * every name. It asks for each proof (HTTP-01) at port 80 there, also of hosts that it has asked before.
 */
export async function startPebble(host: Host, options: { directory: string; address: string }): Promise<Pebble> {
  const directory = join(options.directory, "pebble");
  mkdirSync(directory);
  const { certificate, key } = await makeServerCertificate(directory, "pebble.test");
  const profile = (description: string, validityPeriod: number) => ({ description, validityPeriod });
  const pebble = {
    listenAddress: `${host.ipv4}:${ACME_PORT}`,
    managementListenAddress: "",
    certificate,
    privateKey: key,
    httpPort: 80,
    tlsPort: 443,
    keyAlgorithm: "ecdsa",
    retryAfter: { authz: 1, order: 1 },
    profiles: { default: profile("90 days", LONG_SECONDS), short: profile("renewed soon", SHORT_SECONDS) },
  };
  const config = join(directory, "config.json");
  writeFileSync(config, JSON.stringify({ pebble }));
  const nameserver = `${host.ipv4}:${DNS_PORT}`;
  const program = (name: string): string => join(certManagerFolder(), name);
  const nothing = ["-http01=", "-https01=", "-tlsalpn01=", "-doh=", "-management=127.0.0.1:8055"];
  const dns = [`-dnsserver=${nameserver}`, `-defaultIPv4=${options.address}`, "-defaultIPv6=", ...nothing];
  await host.spawn({ name: "dns", command: [program("pebble-challtestsrv"), ...dns] });
  const env = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0", PEBBLE_WFE_NONCEREJECT: "0" };
  const command = [program("pebble"), "-config", config, "-dnsserver", nameserver];
  await host.spawn({ name: "pebble", command, env, ready: /ACME directory available/ });
  return { url: `https://${host.ipv4}:${ACME_PORT}/dir`, nameserver };
}
