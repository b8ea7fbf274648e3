import {
  type GlobalAnnotation,
  readNginxConfig,
  withGlobalAnnotations,
} from "#src/model/ingress-nginx/nginx-config.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { ProblemLog } from "#src/process/problem-log.ts";
import type { Source } from "#src/source/source.ts";

export interface NginxConfigOptions {
  /** `namespace/name` of the ConfigMap. */
  readonly key: string;
  /** The flags that the program runs with. */
  readonly flags: ReadonlySet<string>;
}

/**
 * Reads ingress-nginx's ConfigMap for all Ingresses. Until it was read once it is not known who may come in, and all of them are
 * closed; where it goes later, what it said stays in use. So nothing becomes more open.
 */
export class NginxConfigReader {
  readonly #options: NginxConfigOptions;
  readonly #source: Source;
  readonly #problems: ProblemLog;
  #object: KubeObject | undefined;
  #annotations: readonly GlobalAnnotation[] = [];

  constructor(options: NginxConfigOptions, source: Source, problems: ProblemLog) {
    this.#options = options;
    this.#source = source;
    this.#problems = problems;
  }

  /** An Ingress with the annotations that each has that does not say otherwise. */
  applyTo(object: KubeObject): KubeObject {
    if (this.#object !== undefined) return withGlobalAnnotations(object, this.#annotations);
    return { ...object, metadata: { ...object.metadata, hasUnreadableAnnotations: true } };
  }

  /** Looks at the ConfigMap; whether the annotations may be others than before. It was looked up before. */
  update(): boolean {
    const { key, flags } = this.#options;
    const object = this.#source.get("ConfigMap", key);
    if (object === undefined) {
      this.#problems.report("nginx config", [configMissing(key, this.#object === undefined)]);
      return false;
    }
    if (object === this.#object) return false;
    this.#object = object;
    const { annotations, problems } = readNginxConfig(object, flags);
    this.#annotations = annotations;
    this.#problems.report("nginx config", problems);
    return true;
  }
}

function configMissing(key: string, wasNeverRead: boolean): Problem {
  return {
    code: "NGINX_CONFIG_MISSING",
    at: objectAt("ConfigMap", key),
    what: wasNeverRead
      ? "Closed all Ingresses: cannot read what it says of them"
      : "Cannot read what it says of all Ingresses",
    why: "--nginx-config-map names it, and it does not exist, or may not be read",
    fix: "Create it, or fix the option",
    severity: "error",
  };
}
