import { keyOf, type KubeObject } from "#src/model/object.ts";
import type { LabelSelector } from "#src/model/label-selector.ts";
import { wallMs } from "#src/process/clock.ts";
import type { RoutesInput } from "#src/view/routes-input.ts";
import type { PlaceOfObject } from "./finding-of.ts";
import { nginxConfigOf } from "./nginx-config-of.ts";
import { servesNamespace } from "./serves-namespace.ts";
import { openManifests } from "./open-manifests.ts";

/** What the options of the ingress say. */
export type IngressScope = Pick<
  RoutesInput,
  | "scope"
  | "compat"
  | "passesTls"
  | "redirectsToHttps"
  | "sslRedirectPort"
  | "defaultSecret"
  | "defaultService"
  | "servesExternalNames"
> & {
  readonly namespaceSelector: LabelSelector | undefined;
  /** The option --nginx-config-map, as `namespace/name`. */
  readonly configMap: string | undefined;
};

const KINDS = ["Namespace", "Ingress", "IngressClass", "HTTPPolicy", "Service", "EndpointSlice"] as const;

/** What a folder of manifests says of Ingresses, read once; a text says why it cannot be read. */
export async function ingressesOfFolder(
  directory: string,
  about: IngressScope,
): Promise<{ readonly input: RoutesInput; readonly placeOf: PlaceOfObject } | string> {
  const opened = await openManifests(directory, [...KINDS, "Secret", "ConfigMap"]);
  if (typeof opened === "string") return opened;
  const { source } = opened;
  const secrets = new Map([...source.list("Secret").values()].map((one) => [keyOf(one.metadata), one]));
  const configMaps = [...source.list("ConfigMap").values()];
  const config = nginxConfigOf(
    about.configMap,
    configMaps.find(({ metadata }) => keyOf(metadata) === about.configMap),
  );
  const of = (kind: (typeof KINDS)[number]): readonly KubeObject[] => [...source.list(kind).values()];
  const input: RoutesInput = {
    nowMs: wallMs(),
    ...about,
    scope: { ...about.scope, servesNamespace: servesNamespace(about.namespaceSelector, of("Namespace")) },
    ingresses: of("Ingress"),
    classes: of("IngressClass"),
    policies: of("HTTPPolicy"),
    services: of("Service"),
    slices: of("EndpointSlice"),
    secretOf: (key) => secrets.get(key),
    nginxConfig: config.nginxConfig,
    problems: [...opened.problems(), ...config.problems],
  };
  await source.close();
  return { input, placeOf: (object) => source.placeOf(object) };
}
