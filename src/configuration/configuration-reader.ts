import { type Configuration, EMPTY_CONFIGURATION, joinConfigurations } from "#src/model/configuration.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { fromCustomResources } from "./from-custom-resources.ts";
import { LastGood, type Reading } from "./last-good.ts";
import { type ResourceObjects, ResourceReader } from "./resource-reader.ts";

/** The objects that a configuration is in. */
export interface ConfigurationObjects {
  /** Undefined where there is none. */
  readonly configMap: KubeObject | undefined;
  readonly resources: ResourceObjects;
}

/** What is new of either place. */
export interface ConfigurationNews {
  readonly configMap: Reading | undefined;
  /** All that is wrong with MetalLB's objects. */
  readonly resources: readonly Problem[];
}

/**
 * The configuration in use, from the ConfigMap and from MetalLB's objects together. Each keeps what it said last that can
 * be used; where both have one pool, or one address, the ConfigMap's counts.
 */
export class ConfigurationReader {
  readonly #map = new LastGood();
  readonly #resources: ResourceReader;
  #configuration: Configuration | undefined;
  #isStale = false;

  /** `metallbNamespace` is where MetalLB's objects are read. */
  constructor(metallbNamespace: string) {
    this.#resources = new ResourceReader(metallbNamespace);
  }

  /** The same object until something in it changes; undefined if there never was anything to use. */
  get configuration(): Configuration | undefined {
    return this.#configuration;
  }

  /** Whether the configuration in use is not what the objects say now. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Takes the objects as they are now; undefined if they say what they said before. */
  read({ configMap, resources }: ConfigurationObjects): ConfigurationNews | undefined {
    const reading = this.#map.read(configMap);
    const news = this.#resources.read(resources);
    if (reading === undefined && news === "nothing") return undefined;
    const problems = this.#compile(news === "values" || reading?.kind === "good");
    this.#isStale = this.#map.isStale || this.#resources.isStale;
    return { configMap: reading, resources: problems };
  }

  #compile(isOther: boolean): readonly Problem[] {
    const ofMap = this.#map.configuration;
    const { configuration, problems } = fromCustomResources(
      this.#resources.resources,
      ofMap?.pools ?? [],
      this.#resources.unusablePools,
    );
    // Pools of a ConfigMap that was never read may be in use: no other may take their addresses.
    const isUnknown =
      this.#configuration === undefined && ofMap === undefined && (this.#map.isStale || this.#resources.isEmpty);
    if (!isUnknown && (isOther || this.#configuration === undefined))
      this.#configuration = joinConfigurations(ofMap ?? EMPTY_CONFIGURATION, configuration);
    return [...this.#resources.problems, ...problems];
  }
}
