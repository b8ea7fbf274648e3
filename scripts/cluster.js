// The real Kubernetes for tests: builds its programs once, then starts them to see that they work.
// Usage: npm run cluster -- [--keep] [--build [--nodes] [--metallb] [--oauth2-proxy] [--h2spec] [--ingress-nginx] [--cert-manager] [--external-dns] [--helm] [--prometheus-operator]]
//   --keep    Leave it up until Ctrl-C and print how kubectl reaches it
//   --build   Only build
//   --nodes   Also bring what real nodes need (test/install): kubelet, scheduler, and Debian's containerd and runc
//   --metallb Also build MetalLB, which tests and benches run beside Hawser
//   --oauth2-proxy, --h2spec, --ingress-nginx, --cert-manager, --external-dns, --helm, --prometheus-operator
//             Also build these, which tests run beside Hawser
//   --reason  Print why there can be no cluster on stdout, for a program that asks
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCluster, CLUSTER_PROGRAMS, NODE_PROGRAMS, whyNoBuild } from "../lab/cluster/build-cluster.ts";
import { openRelay, relayPort } from "../lab/cluster/open-relay.ts";
import { buildIngressNginx } from "#lab/ingress-nginx/build-ingress-nginx.ts";
import { buildH2spec } from "#lab/h2spec/build-h2spec.ts";
import { buildMetallb } from "#lab/metallb/build-metallb.ts";
import { buildOauth2Proxy } from "#lab/oauth2-proxy/build-oauth2-proxy.ts";
import { buildCertManager } from "#lab/companions/cert-manager/build-cert-manager.ts";
import { buildExternalDns } from "#lab/companions/external-dns/build-external-dns.ts";
import { buildHelm } from "#lab/helm/build-helm.ts";
import { buildPrometheusOperator } from "#lab/prometheus-operator/build-prometheus-operator.ts";
import { fetchNodePackages } from "#lab/install/node-packages.ts";
import { whyNoParts } from "../lab/install/why-no-install.ts";
import { readScriptOptions } from "./read-script-options.js";

const ENTER = fileURLToPath(new URL("../lab/rack/enter.js", import.meta.url));
const MAIN = fileURLToPath(new URL("../lab/cluster/main.ts", import.meta.url));
const say = (line) => process.stderr.write(`cluster: ${line}\n`);

/** What tests and benches run beside Hawser: each is built by an option of its name. */
const BESIDE = {
  metallb: { build: buildMetallb, help: "Also build MetalLB, which tests and benches run beside Hawser" },
  "oauth2-proxy": { build: buildOauth2Proxy, help: "Also build oauth2-proxy, which a test runs beside Hawser" },
  h2spec: { build: buildH2spec, help: "Also build h2spec, which tests HTTP/2 to clients" },
  "ingress-nginx": {
    build: buildIngressNginx,
    help: "Also build the part of ingress-nginx that writes statuses, which tests run beside Hawser",
  },
  "cert-manager": { build: buildCertManager, help: "Also build cert-manager, with the ACME server pebble" },
  "external-dns": { build: buildExternalDns, help: "Also build external-dns" },
  helm: { build: buildHelm, help: "Also build Helm, which tests install the chart with" },
  "prometheus-operator": {
    build: buildPrometheusOperator,
    help: "Also bring the definitions of the Prometheus operator, by which a test checks our monitors",
  },
};

const specs = {
  keep: { kind: "boolean", help: "Leave it up until Ctrl-C and print how kubectl reaches it" },
  build: { kind: "boolean", help: "Only build its programs" },
  nodes: {
    kind: "boolean",
    help: "Also bring what real nodes need (test/install): kubelet, scheduler, and Debian's containerd and runc",
  },
  ...Object.fromEntries(Object.entries(BESIDE).map(([name, { help }]) => [name, { kind: "boolean", help }])),
  reason: { kind: "boolean", help: "Print on standard output why there can be no cluster, for a program that asks" },
};
const about =
  "Builds a real Kubernetes the first time, with Go, and starts it in namespaces of this machine to see that it works.";
const values = readScriptOptions("cluster", specs, about);

/** Runs the cluster in namespaces of its own; with --keep a port of this machine's loopback leads to it. */
async function start(directory) {
  const relay = values.keep
    ? await openRelay({ host: "127.0.0.1", port: 0 }, { path: join(directory, "api.sock") })
    : undefined;
  const server = relay === undefined ? [] : [`--server=https://127.0.0.1:${relayPort(relay)}`];
  const child = spawn(process.execPath, [ENTER, MAIN, directory, ...server], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await once(child, "exit");
  relay?.close();
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

async function main() {
  const programs = values.nodes ? NODE_PROGRAMS : CLUSTER_PROGRAMS;
  const reason = (values.nodes ? whyNoParts() : undefined) ?? whyNoBuild(programs);
  if (reason !== undefined) throw new Error(reason);
  await buildCluster(say, programs);
  for (const [name, { build }] of Object.entries(BESIDE)) if (values[name]) await build(say);
  const missing = values.nodes ? fetchNodePackages(say) : undefined;
  if (missing !== undefined) throw new Error(missing);
  if (values.build) return 0;
  const directory = mkdtempSync(join(tmpdir(), "hawser-cluster-"));
  try {
    return await start(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main().catch((error) => {
  if (values.reason) process.stdout.write(`${error.message}\n`);
  else say(error.message);
  return 1;
});
