import { oneLine } from "#src/model/one-line.ts";
import { parsedTogether } from "#src/model/parsed-together.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { readNamespacedName } from "#src/model/read-namespaced-name.ts";
import { readSelectorOption } from "#src/model/read-selector-option.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems } from "#src/process/read-options.ts";
import { seeRoutes, type SeenRoutes } from "#src/view/see-routes.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import type { ingressLookOptions } from "./ingress-look-options.ts";
import { ingressesOfCluster } from "./ingresses-of-cluster.ts";
import { ingressesOfFolder, type IngressScope } from "./ingresses-of-folder.ts";
import { printLines } from "./print-lines.ts";
import { exitCodeOfBlind, NO_FILES } from "./see-installation.ts";

type IngressLookOptions = OptionValues<typeof ingressLookOptions>;

/** The routes of a cluster or a folder; or the exit code, after saying why they cannot be seen. */
export type SeenIngresses =
  | { readonly ok: true; readonly seen: SeenRoutes; readonly placeOf: PlaceOfObject }
  | { readonly ok: false; readonly code: number };

/** The routes that are seen; or Problems, or in words why a folder cannot be read. */
export type LookedAtIngresses =
  | { readonly ok: true; readonly seen: SeenRoutes; readonly placeOf: PlaceOfObject }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly isUsage: boolean }
  | { readonly ok: false; readonly unreadable: string };

/** Looks at the Ingresses of a folder or a cluster once, and at what they name. */
export async function lookAtIngresses(options: IngressLookOptions, env: ProgramIo["env"]): Promise<LookedAtIngresses> {
  const { manifests, kubeconfig, context } = options;
  const about = readScope(options);
  if (!about.ok) return { ...about, isUsage: true };
  if (manifests === undefined) {
    const found = await ingressesOfCluster({ kubeconfig, context, env }, about.value);
    if (!found.ok) return { ...found, isUsage: false };
    return { ok: true, seen: seeRoutes(found.value), placeOf: NO_FILES };
  }
  const found = await ingressesOfFolder(manifests, about.value);
  if (typeof found === "string") return { ok: false, unreadable: found };
  return { ok: true, seen: seeRoutes(found.input), placeOf: found.placeOf };
}

function readScope(options: IngressLookOptions): Parsed<IngressScope> {
  const { ingressClass, controllerClass, manifests } = options;
  const { defaultSslCertificate, defaultBackendService, sslRedirect, sslRedirectPort, watchIngressWithoutClass } =
    options;
  const named = parsedTogether({
    defaultSecret: readNamespacedName("--default-ssl-certificate", defaultSslCertificate),
    defaultService: readNamespacedName("--default-backend-service", defaultBackendService),
    configMap: readNamespacedName("--nginx-config-map", options.nginxConfigMap),
    namespaceSelector: readSelectorOption("--watch-namespace-selector", options.watchNamespaceSelector),
  });
  if (!named.ok) return named;
  const value = {
    scope: {
      className: ingressClass,
      controller: controllerClass,
      namespace: options.watchNamespace,
      // As the ingress does.
      withoutClass: watchIngressWithoutClass || manifests !== undefined,
    },
    ...named.value,
    compat: options.compat,
    passesTls: options.sslPassthrough,
    redirectsToHttps: sslRedirect,
    sslRedirectPort,
    servesExternalNames: !options.disableSvcExternalName,
  };
  return { ok: true, value, problems: [] };
}

/** Looks at the Ingresses of a folder or a cluster once, and says why they cannot be seen. `command`: for messages. */
export async function seeIngresses(
  options: IngressLookOptions,
  { command, io }: { readonly command: string; readonly io: Pick<ProgramIo, "env" | "stderr"> },
): Promise<SeenIngresses> {
  const looked = await lookAtIngresses(options, io.env);
  if (looked.ok) return looked;
  if ("unreadable" in looked) {
    io.stderr.write(`${oneLine(`${command}: cannot read ${options.manifests}: ${looked.unreadable}`)}\n`);
    return { ok: false, code: 1 };
  }
  if (looked.isUsage) return { ok: false, code: printProblems(io, looked.problems) };
  io.stderr.write(printLines(looked.problems));
  return { ok: false, code: exitCodeOfBlind(looked.problems) };
}
