import { withPlacePrinted } from "#src/model/problem.ts";
import { monotonicMs } from "#src/process/clock.ts";
import { createLogger, type DestinationStream } from "#src/process/log.ts";
import { createLiveLook } from "#src/page/live-look.ts";
import { readPageFiles } from "#src/page/page-files.ts";
import { apiConfig } from "#src/source/open-source.ts";
import { ApiClient } from "#src/source/kubernetes/api/client.ts";
import { realTiming } from "#src/source/kubernetes/api/timing.ts";
import { PathAccess } from "#src/source/path-access.ts";
import { WatchedCluster } from "./watched-cluster.ts";
import { openGuardedPage } from "./guarded-page.ts";
import type { PageStart } from "./page-start.ts";

/** The nonResourceURL of which who looks needs `get`. */
const UI_PATH = "/hawser/ui";
/** What is watched costs nothing to look at but the drawing. */
const LOOK_EVERY_MS = 5_000;
const ROUTES_EVERY_MS = 15_000;
const NO_TRAFFIC = "the controller may not read the metrics of the ingress; hawser ui shows them to who may";

/** Serves the page of `hawser ui` to people with a token of the cluster, with what the controller itself may read. Resolves while it begins to listen. */
export async function servePage(
  start: PageStart,
  logTo: DestinationStream,
): Promise<{ readonly close: () => Promise<void> }> {
  const { kubeconfig, env, listening, logLevel, namespace } = start;
  const log = createLogger({ component: "controller", level: logLevel, to: logTo });
  const config = await apiConfig(kubeconfig, env);
  if (!config.ok) {
    const texts = config.problems.map(withPlacePrinted).map(({ where, what, why }) => `${where}: ${what}: ${why}`);
    throw new Error(texts.join("; "));
  }
  const client = new ApiClient(config.value, realTiming);
  const access = new PathAccess({ client, path: UI_PATH, what: "the page", log, monotonicMs });
  const watch = new WatchedCluster({ ...start, config: config.value, log });
  const look = createLiveLook({
    title: `the cluster of ${namespace}`,
    everyMs: LOOK_EVERY_MS,
    routesEveryMs: ROUTES_EVERY_MS,
    lookOnce: async () => watch.look(),
    seeRoutes: async () => watch.seeRoutes(),
    seeTraffic: async () => Promise.resolve({ rates: undefined, why: NO_TRAFFIC }),
    monotonicMs,
    close: async () => watch.close(),
  });
  const server = await openGuardedPage({
    ...look,
    listening,
    files: readPageFiles(),
    judge: async (token, from) => access.judge(token, from),
    log,
  });
  return {
    async close() {
      await server.close();
      await look.close();
      client.close();
    },
  };
}
