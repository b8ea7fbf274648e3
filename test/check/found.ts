import { checkFiles } from "#cli/check-files.ts";
import type { Finding } from "#cli/check-result.ts";
import type { Installation } from "#src/check/checked-set.ts";
import { DEFAULT_INSTALLATION } from "#src/check/inspect-objects.ts";

/** The findings in documents that are one file, f.yaml. */
export function findingsIn(documents: readonly string[], installation: Partial<Installation> = {}): readonly Finding[] {
  const text = documents.map((document) => document.replace(/\n*$/, "\n")).join("---\n");
  return checkFiles([{ path: "f.yaml", text }], { ...DEFAULT_INSTALLATION, ...installation }).findings;
}

/** `SEVERITY CODE FILE:LINE` of each finding. */
export function found(...documents: readonly string[]): string[] {
  return findingsIn(documents).map(({ code, file, severity }) => `${severity} ${code} ${file}`);
}

/** A ConfigMap of Hawser's with pools, one a line. */
export function pools(...lines: readonly string[]): string {
  return [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata: { name: hawser, namespace: hawser-system }",
    "data:",
    "  config: |",
    "    address-pools:",
    ...lines.map((line) => `    - { protocol: layer2, ${line} }`),
  ].join("\n");
}

/** A Service of type LoadBalancer; `extra` are lines of its spec, `metadata` entries of its metadata. */
export function loadBalancer(
  name: string,
  { metadata = "", extra = [] as readonly string[], status = "" } = {},
): string {
  return [
    "apiVersion: v1",
    "kind: Service",
    `metadata: { name: ${name}${metadata === "" ? "" : `, ${metadata}`} }`,
    "spec:",
    "  type: LoadBalancer",
    "  ports: [{ port: 80 }]",
    ...extra.map((line) => `  ${line}`),
    ...(status === "" ? [] : [`status: { loadBalancer: { ingress: [${status}] } }`]),
  ].join("\n");
}

/** A Node with labels and conditions in flow style. */
export function node(name: string, { labels = "", conditions = "", address = "" } = {}): string {
  const addresses = address === "" ? "" : `addresses: [{ type: InternalIP, address: ${address} }], `;
  return [
    "apiVersion: v1",
    "kind: Node",
    `metadata: { name: ${name}, labels: { ${labels} } }`,
    `status: { ${addresses}conditions: [{ type: Ready, status: "True" }${conditions === "" ? "" : `, ${conditions}`}] }`,
  ].join("\n");
}
