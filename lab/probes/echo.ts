import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rack } from "#lab/rack/rack.ts";

/** The Service to measure failover with: datagrams to these addresses, and what is said on connections, come back from a pod. */
export const echo = {
  key: "default/echo",
  ipv4: "192.0.2.211",
  ipv6: "2001:db8:0:1::211",
  port: 9000,
} as const;

/** The usual node of the endpoint. It never owns an address, so that a fault of the owner is a fault of nothing else. */
const ENDPOINT_NODE = "n3";

/** Starts the endpoint and makes all nodes forward to it. */
export async function startEcho(rack: Rack, node = ENDPOINT_NODE): Promise<void> {
  const { key, ipv4, ipv6, port } = echo;
  const pod = await rack.startPod({ name: "echo", node, udpPorts: [port], tcpPorts: [port] });
  const targets = pod.addresses.map((address) => ({ address, port, node }));
  const ports = (["UDP", "TCP"] as const).map((protocol) => ({ protocol, port, targets }));
  await rack.applyServiceRules([{ key, addresses: [ipv4, ipv6], ports, externalTrafficPolicy: "Cluster" }]);
}

export interface EchoManifestsOptions {
  /** Default n3. */
  readonly endpointNode?: string;
  /** The address of a node that heartbeats go to; by default the one in the LAN. */
  addressOf?(node: string): string;
  /** More pools than that of the Service, as YAML of one line each. */
  readonly pools?: readonly string[];
}

/** A new folder with the manifests of the Service, its pool and the rack's nodes; that of the endpoint is excluded from announcing. */
export function writeEchoManifests(rack: Rack, options: EchoManifestsOptions = {}): string {
  const directory = mkdtempSync("/run/hawser-");
  writeFileSync(join(directory, "pools.yaml"), poolsOf(options));
  writeFileSync(join(directory, "echo.yaml"), service);
  writeFileSync(join(directory, "nodes.yaml"), nodes(rack, options));
  return directory;
}

function poolsOf({ pools = [] }: EchoManifestsOptions): string {
  const own = `{ name: default, protocol: layer2, addresses: [${echo.ipv4}/32, "${echo.ipv6}/128"] }`;
  return `apiVersion: v1
kind: ConfigMap
metadata: { namespace: hawser-system, name: hawser }
data:
  config: |
    address-pools:
${[own, ...pools].map((pool) => `    - ${pool}\n`).join("")}`;
}

const service = `apiVersion: v1
kind: Service
metadata: { name: echo }
spec:
  type: LoadBalancer
  ipFamilyPolicy: RequireDualStack
  ipFamilies: [IPv4, IPv6]
  ports: [{ name: udp, port: ${echo.port}, protocol: UDP }, { name: tcp, port: ${echo.port}, protocol: TCP }]
`;

function nodes(rack: Rack, { endpointNode = ENDPOINT_NODE, addressOf }: EchoManifestsOptions): string {
  return rack.nodes
    .map(({ name, ipv4 }) => {
      const label = "node.kubernetes.io/exclude-from-external-load-balancers";
      return `apiVersion: v1
kind: Node
metadata: { name: ${name}, labels: ${name === endpointNode ? `{ ${label}: "" }` : "{}"} }
status: { addresses: [{ type: InternalIP, address: ${addressOf?.(name) ?? ipv4} }] }
`;
    })
    .join("---\n");
}
