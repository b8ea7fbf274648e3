import type { LabelSelector } from "#src/model/label-selector.ts";
import { parsedTogether } from "#src/model/parsed-together.ts";
import type { Parsed } from "#src/model/problem.ts";
import { readNamespacedName } from "#src/model/read-namespaced-name.ts";
import { readSelectorOption } from "#src/model/read-selector-option.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { ingressOptions } from "#ingress/ingress-options.ts";
import { type PublishSettings, readPublishSettings } from "#ingress/status/publish-settings.ts";

/** What the options say of what is read, and of what is written into statuses. */
export interface ReadingSettings {
  /** Undefined: no statuses are written. */
  readonly publish: PublishSettings | undefined;
  /** The Secret (`namespace/name`) of the default certificate. */
  readonly defaultSecret: string | undefined;
  /** The Service (`namespace/name`) for requests that no rule matches. */
  readonly defaultService: string | undefined;
  /** The ConfigMap (`namespace/name`) of ingress-nginx. */
  readonly nginxConfigKey: string | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
}

/** Reads these options. */
export function readReadingSettings(options: OptionValues<typeof ingressOptions>): Parsed<ReadingSettings> {
  return parsedTogether({
    publish: readPublishSettings(options),
    defaultSecret: readNamespacedName("--default-ssl-certificate", options.defaultSslCertificate),
    defaultService: readNamespacedName("--default-backend-service", options.defaultBackendService),
    nginxConfigKey: readNamespacedName("--nginx-config-map", options.nginxConfigMap),
    namespaceSelector: readSelectorOption("--watch-namespace-selector", options.watchNamespaceSelector),
  });
}
