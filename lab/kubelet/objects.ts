import type { ClusterApi } from "#lab/cluster/cluster-api.ts";

/** Of a token's life, after which a new one is asked for. */
const TOKEN_USED = 0.8;

/** Where the files and variables of one pod come from, asked for by name, as a kubelet may. */
export class Objects {
  readonly #api: ClusterApi;
  readonly #namespace: string;
  readonly #tokens = new Map<string, { readonly token: string; readonly renewAtMs: number }>();

  constructor(api: ClusterApi, namespace: string) {
    this.#api = api;
    this.#namespace = namespace;
  }

  /** The keys of a Secret or ConfigMap; undefined where there is none. Rejects where it may not be read (yet). */
  async data(resource: "secrets" | "configmaps", name: string): Promise<ReadonlyMap<string, Buffer> | undefined> {
    const path = `/api/v1/namespaces/${this.#namespace}/${resource}/${name}`;
    const { status, body } = await this.#api.request({ path });
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`cannot read ${resource} ${this.#namespace}/${name}: status ${status}`);
    const { data = {}, binaryData = {} } = body as Record<"data" | "binaryData", Record<string, string> | undefined>;
    const encoding = resource === "secrets" ? "base64" : "utf8";
    return new Map([
      ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text, encoding)] as const),
      ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, "base64")] as const),
    ]);
  }

  /** A token of a ServiceAccount that is bound to the pod, and ends with it; a new one when it has become old. */
  async token(
    serviceAccount: string,
    options: { readonly pod: string; readonly uid: string; readonly seconds: number; readonly audience?: string },
  ): Promise<string> {
    const { pod, uid, seconds, audience } = options;
    const key = `${serviceAccount} ${audience}`;
    const kept = this.#tokens.get(key);
    if (kept !== undefined && performance.now() < kept.renewAtMs) return kept.token;
    const spec = {
      expirationSeconds: seconds,
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod, uid },
      ...(audience === undefined ? {} : { audiences: [audience] }),
    };
    const path = `/api/v1/namespaces/${this.#namespace}/serviceaccounts/${serviceAccount}/token`;
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const answer = await this.#api.must<{ status: { token: string } }>({ path, body });
    const { token } = answer.status;
    this.#tokens.set(key, { token, renewAtMs: performance.now() + seconds * 1_000 * TOKEN_USED });
    return token;
  }
}
