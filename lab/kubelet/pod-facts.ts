import type { V1Pod } from "@kubernetes/client-node";

/** What a pod can know about itself, from variables and files: the Downward API. */
export class PodFacts {
  readonly pod: V1Pod;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** The ClusterIP of the Service `kubernetes`, and its port. */
  readonly apiService: { readonly host: string; readonly port: string };

  constructor(parts: Pick<PodFacts, "pod" | "podIPs" | "hostIPs" | "apiService">) {
    this.pod = parts.pod;
    this.podIPs = parts.podIPs;
    this.hostIPs = parts.hostIPs;
    this.apiService = parts.apiService;
  }

  get name(): string {
    return this.pod.metadata?.name ?? "";
  }

  get namespace(): string {
    return this.pod.metadata?.namespace ?? "";
  }

  get uid(): string {
    return this.pod.metadata?.uid ?? "";
  }

  /** The value of a `fieldRef`; throws for a path that the Downward API does not have. */
  field(path: string): string {
    const { metadata = {}, spec } = this.pod;
    const [, table, key = ""] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
    if (table !== undefined) return metadata[table as "labels" | "annotations"]?.[key] ?? "";
    const values: Readonly<Record<string, string | undefined>> = {
      "metadata.name": metadata.name,
      "metadata.namespace": metadata.namespace,
      "metadata.uid": metadata.uid,
      "metadata.labels": printTable(metadata.labels),
      "metadata.annotations": printTable(metadata.annotations),
      "spec.nodeName": spec?.nodeName,
      "spec.serviceAccountName": spec?.serviceAccountName,
      "status.podIP": this.podIPs[0],
      "status.podIPs": this.podIPs.join(","),
      "status.hostIP": this.hostIPs[0],
      "status.hostIPs": this.hostIPs.join(","),
    };
    if (!(path in values)) throw new Error(`fieldRef ${path} is not played here`);
    return values[path] ?? "";
  }
}

function printTable(table: Readonly<Record<string, string>> = {}): string {
  return Object.entries(table)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}
