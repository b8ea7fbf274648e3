import type { Ingress } from "#src/model/ingress.ts";
import { DEFAULT_INGRESS_KEY, defaultIngress } from "#src/routing/ingress/default-ingress.ts";

/** The Ingresses as they are written, by key. */
export interface WrittenIngresses {
  get(key: string): Ingress | undefined;
  values(): Iterable<Ingress>;
}

/** The Ingresses that are read, and that of `--default-backend-service` (`namespace/name`), so that policies find it as any other. */
export function writtenIngresses(read: WrittenIngresses, defaultService: string | undefined): WrittenIngresses {
  if (defaultService === undefined) return read;
  const byDefault = defaultIngress(defaultService);
  return {
    get: (key) => (key === DEFAULT_INGRESS_KEY ? byDefault : read.get(key)),
    *values() {
      yield* read.values();
      yield byDefault;
    },
  };
}
