import type { ServiceClass } from "#src/model/service-class.ts";
import type { SeenInstallation } from "#src/view/seen-installation.ts";
import type { ConvertedPool } from "./convert-address-pools.ts";
import type { ForetoldAdoption } from "./foretell-adoption.ts";
import type { MetallbInstallation } from "./metallb-installation.ts";
import type { ServiceUse } from "./service-use.ts";

/** All that a report about a migration is made from. */
export interface MigrationFacts {
  readonly metallb: MetallbInstallation;
  readonly seen: Pick<SeenInstallation, "advertisements" | "configProblems">;
  readonly converted: readonly ConvertedPool[];
  /** Which Services MetalLB serves, and so Hawser shall. */
  readonly serviceClass: ServiceClass;
  /** `namespace/name` of the ConfigMap with Hawser's pools: MetalLB's, or its own. */
  readonly configMap: string;
  readonly use: ServiceUse;
  /** Undefined: there is no configuration that can be used. */
  readonly plan: ForetoldAdoption | undefined;
}

/** Whether Hawser reads the pools from MetalLB's own ConfigMap. */
export function isOldConfigInUse({ metallb: { era, namespace, configMap: old }, configMap }: MigrationFacts): boolean {
  return era === "config-map" && configMap === `${namespace}/${old?.name}`;
}
