import { until } from "#lab/rack/until.ts";
import type { Cluster } from "./cluster.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const TIMEOUT_MS = 60_000;

/** The definition of a kind (CustomResourceDefinition), as far as it is read here. */
export interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly names: { readonly kind: string } };
}

/** Installs a definition; resolves when the API server serves its kind. */
export async function install({ api }: Cluster, definition: Definition): Promise<void> {
  const path = `${DEFINITIONS}/${definition.metadata.name}`;
  await api.must({ path: DEFINITIONS, body: definition });
  interface Installed {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const isServed = async (): Promise<boolean> => {
    const { status } = await api.must<Installed>({ path });
    return status?.conditions?.some(({ type, status: is }) => type === "Established" && is === "True") === true;
  };
  await until(`${definition.spec.names.kind} is served`, isServed, { timeoutMs: TIMEOUT_MS });
}

/** Removes a definition, if it is there; resolves when it is gone, and with it all objects of the kind. */
export async function uninstall({ api }: Cluster, definition: Definition): Promise<void> {
  const path = `${DEFINITIONS}/${definition.metadata.name}`;
  await api.request({ method: "DELETE", path });
  const isGone = async (): Promise<boolean> => (await api.request({ path })).status === 404;
  await until(`${definition.spec.names.kind} is gone`, isGone, { timeoutMs: TIMEOUT_MS });
}
