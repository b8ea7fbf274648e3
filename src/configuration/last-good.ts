import type { Configuration } from "#src/model/configuration.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { fromConfigMap } from "./from-config-map.ts";

/** What the objects of the configuration say, as news. */
export type Reading =
  | { readonly kind: "good"; readonly configuration: Configuration; readonly problems: readonly Problem[] }
  /** With any error the last good configuration stays in use. */
  | { readonly kind: "bad"; readonly problems: readonly Problem[] }
  /** They were there, and are gone: the last good configuration stays in use. */
  | { readonly kind: "gone" };

/** The configuration in use: a broken one leaves the last good one in use. */
export class LastGood {
  #object: KubeObject | undefined;
  #data: string | undefined;
  #configuration: Configuration | undefined;
  #isStale = false;

  /** The same object until another one is good; undefined if there never was a good one. */
  get configuration(): Configuration | undefined {
    return this.#configuration;
  }

  /** Whether the configuration in use is not what the objects say now. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Takes the ConfigMap as it is now, undefined where there is none; undefined if it says what it said before. */
  read(configMap: KubeObject | undefined): Reading | undefined {
    if (configMap === this.#object) return undefined;
    this.#object = configMap;
    const data = configMap && JSON.stringify(configMap["data"] ?? {});
    if (data === this.#data) return undefined;
    this.#data = data;
    const reading = readingOf(configMap);
    this.#isStale = reading.kind !== "good";
    if (reading.kind === "good") this.#configuration = reading.configuration;
    return reading;
  }
}

function readingOf(configMap: KubeObject | undefined): Reading {
  if (configMap === undefined) return { kind: "gone" };
  const parsed = fromConfigMap(configMap);
  if (parsed.ok) return { kind: "good", configuration: parsed.value, problems: parsed.problems };
  return { kind: "bad", problems: parsed.problems };
}
