import { monotonicMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import { createLiveLook, type LiveLook } from "#src/page/live-look.ts";
import type { SeenTraffic } from "#src/view/page/request-counts.ts";
import { ingressLookOptions } from "./ingress-look-options.ts";
import { lookAtCluster } from "./look-at-cluster.ts";
import { lookOptions } from "./look-options.ts";
import { openFolder } from "./open-folder.ts";
import { metricsOfCluster } from "./metrics-of-cluster.ts";
import { metricsOfUrls } from "./metrics-of-urls.ts";
import { lookAtIngresses } from "./see-ingresses.ts";
import { TrafficLook } from "./traffic-look.ts";

/** The options of commands that look at all of an installation again and again. */
export const liveLookOptions = {
  ...lookOptions("Show"),
  ...ingressLookOptions,
  ingressMetrics: {
    kind: "list",
    placeholder: "URL,...",
    help: "Where the metrics of each ingress are read for requests a second (default: of a cluster through its API server, of a folder nowhere)",
  },
} as const satisfies OptionSpecs;

type LiveLookOptions = OptionValues<typeof liveLookOptions>;

const FOLDER_EVERY_MS = 500;
const CLUSTER_EVERY_MS = 5_000;
/** Routes change seldom, and reading them costs as much as all else; the metrics of a large cluster have megabytes. */
const ROUTES_EVERY_MS = { folder: 2_000, cluster: 15_000 } as const;
const NO_URLS = "the page does not find the ingresses of a folder: name their metrics with --ingress-metrics";

/** Opens a folder or a cluster; a text says why it cannot be read. `waitsForRoutes`: a look has them, however long that takes. */
export async function openLiveLook(
  options: LiveLookOptions,
  { env, waitsForRoutes = false }: { readonly env: ProgramIo["env"]; readonly waitsForRoutes?: boolean },
): Promise<LiveLook | string> {
  const { manifests } = options;
  const folder = manifests === undefined ? undefined : await openFolder({ ...options, manifests });
  if (typeof folder === "string") return `cannot read ${manifests}: ${folder}`;
  return createLiveLook({
    title: titleOf(options, env),
    everyMs: folder === undefined ? CLUSTER_EVERY_MS : FOLDER_EVERY_MS,
    lookOnce: async () =>
      folder === undefined
        ? lookAtCluster({ ...options, env, readsAll: true })
        : { ok: true, value: await folder.look() },
    async seeRoutes() {
      const looked = await lookAtIngresses(options, env);
      return looked.ok ? looked.seen : undefined;
    },
    seeTraffic: trafficLook(options, env),
    routesEveryMs: ROUTES_EVERY_MS[folder === undefined ? "cluster" : "folder"],
    waitsForRoutes,
    monotonicMs,
    close: async () => folder?.close(),
  });
}

/** Looks at what ingresses count. */
function trafficLook(options: LiveLookOptions, env: ProgramIo["env"]): () => Promise<SeenTraffic> {
  const { manifests, ingressMetrics } = options;
  const look = new TrafficLook(async () => {
    if (ingressMetrics.length > 0) return metricsOfUrls(ingressMetrics);
    return manifests === undefined ? metricsOfCluster({ ...options, env }) : NO_URLS;
  }, monotonicMs);
  return async () => look.look();
}

function titleOf(options: LiveLookOptions, env: ProgramIo["env"]): string {
  const { manifests, context } = options;
  if (manifests !== undefined) return `folder ${manifests}`;
  if (context !== undefined) return `cluster ${context}`;
  const config = findApiConfig({ ...options, env });
  return config.ok ? `cluster ${config.value.server}` : "cluster";
}
