import { type IngressLoop, startIngressLoop } from "#ingress/reader/ingress-loop.ts";
import type { IngressContext } from "#ingress/reader/ingress-context.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import { createLogger } from "#src/process/log.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";

const silent = createLogger({ component: "test", level: "silent" });

/**
 * The loop of an ingress over a folder of manifests, which serves the class `hawser` and Ingresses without one. `close` closes its
 * source, too; the folder stays.
 */
export async function startFolderLoop(
  directory: string,
  { log = silent, ...more }: Partial<Omit<IngressContext, "source">> = {},
): Promise<IngressLoop> {
  const source = openFolderSource({ directory, log, debounceMs: 5 });
  const loop = await startIngressLoop({
    source,
    scope: { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true },
    certificates: new Certificates(Date.now()),
    log,
    useRoutes: () => undefined,
    ...more,
  });
  const close = async (): Promise<void> => {
    await loop.close();
    await source.close();
  };
  return { ...loop, close };
}
