import { type KubeObject, keyOf } from "#src/model/object.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import type { RoutesInput } from "#src/view/routes-input.ts";

/** These objects as a cluster in which all of them may be read, with the usual options of the ingress. */
export function routesInputOf(objects: readonly KubeObject[], nowMs = Date.parse("2026-11-28T12:00:00Z")): RoutesInput {
  const of = (kind: string): readonly KubeObject[] => objects.filter((object) => object.kind === kind);
  return {
    nowMs,
    scope: { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true },
    redirectsToHttps: false,
    defaultSecret: undefined,
    defaultService: undefined,
    servesExternalNames: true,
    ingresses: of("Ingress"),
    classes: of("IngressClass"),
    policies: of("HTTPPolicy"),
    services: of("Service"),
    slices: of("EndpointSlice"),
    secretOf: (key) => of("Secret").find(({ metadata }) => keyOf(metadata) === key),
    problems: [],
  };
}
