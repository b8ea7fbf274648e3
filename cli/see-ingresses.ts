import { oneLine } from "#src/model/one-line.ts";
import { readNamespacedName } from "#src/model/read-namespaced-name.ts";
import { readSelectorOption } from "#src/model/read-selector-option.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems } from "#src/process/read-options.ts";
import { seeRoutes, type SeenRoutes } from "#src/view/see-routes.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import type { ingressLookOptions } from "./ingress-look-options.ts";
import { ingressesOfCluster } from "./ingresses-of-cluster.ts";
import { ingressesOfFolder } from "./ingresses-of-folder.ts";
import { printLines } from "./print-lines.ts";
import { exitCodeOfBlind, NO_FILES } from "./see-installation.ts";

type IngressLookOptions = OptionValues<typeof ingressLookOptions>;

/** The routes of a cluster or a folder; or the exit code, after saying why they cannot be seen. */
export type SeenIngresses =
  | { readonly ok: true; readonly seen: SeenRoutes; readonly placeOf: PlaceOfObject }
  | { readonly ok: false; readonly code: number };

/** Looks at the Ingresses of a folder or a cluster once, and at what they name. `command`: for messages. */
export async function seeIngresses(
  options: IngressLookOptions,
  { command, io }: { readonly command: string; readonly io: Pick<ProgramIo, "env" | "stderr"> },
): Promise<SeenIngresses> {
  const { manifests, kubeconfig, context, ingressClass, controllerClass } = options;
  const { defaultSslCertificate, defaultBackendService, sslRedirect, watchIngressWithoutClass } = options;
  const defaultSecret = readNamespacedName("--default-ssl-certificate", defaultSslCertificate);
  const defaultService = readNamespacedName("--default-backend-service", defaultBackendService);
  const configMap = readNamespacedName("--nginx-config-map", options.nginxConfigMap);
  const selector = readSelectorOption("--watch-namespace-selector", options.watchNamespaceSelector);
  if (!defaultSecret.ok || !defaultService.ok || !configMap.ok || !selector.ok) {
    const problems = [defaultSecret, defaultService, configMap, selector].flatMap((one) => one.problems);
    return { ok: false, code: printProblems(io, problems) };
  }
  const about = {
    scope: {
      className: ingressClass,
      controller: controllerClass,
      namespace: options.watchNamespace,
      // As the ingress does.
      withoutClass: watchIngressWithoutClass || manifests !== undefined,
    },
    namespaceSelector: selector.value,
    compat: options.compat,
    redirectsToHttps: sslRedirect,
    defaultSecret: defaultSecret.value,
    defaultService: defaultService.value,
    configMap: configMap.value,
    servesExternalNames: !options.disableSvcExternalName,
  };
  if (manifests === undefined) {
    const found = await ingressesOfCluster({ kubeconfig, context, env: io.env }, about);
    if (found.ok) return { ok: true, seen: seeRoutes(found.value), placeOf: NO_FILES };
    io.stderr.write(printLines(found.problems));
    return { ok: false, code: exitCodeOfBlind(found.problems) };
  }
  const found = await ingressesOfFolder(manifests, about);
  if (typeof found === "string") {
    io.stderr.write(`${oneLine(`${command}: cannot read ${manifests}: ${found}`)}\n`);
    return { ok: false, code: 1 };
  }
  return { ok: true, seen: seeRoutes(found.input), placeOf: found.placeOf };
}
