import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import { type KubeObject, parseObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { parseService } from "#src/model/service.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { defaultIngress } from "#src/routing/ingress/default-ingress.ts";
import type { CanaryRequest } from "#src/routing/canary.ts";
import { route, type RouteDecision } from "#src/routing/route.ts";
import {
  type ClassScope,
  type Compat,
  INGRESS_CONTROLLER,
  isServed,
  routingSnapshot,
} from "#src/routing/ingress/routing-snapshot.ts";

/**
 * A case: manifests in short form, and requests written as `host/path`. For canaries ` header:NAME=VALUE`, ` cookie:NAME=VALUE` (names in
 * small letters) and ` chance:0.5` may follow; without any of them a canary gets nothing.
 */
interface Case {
  readonly scope?: Partial<ClassScope>;
  /** `--compat`. */
  readonly compat?: Compat;
  /** `--default-backend-service`. */
  readonly defaultService?: string;
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  readonly requests: readonly string[];
}

const folder = new URL("../golden/routing/", import.meta.url);
const cases = globSync("*.in.yaml", { cwd: folder.pathname }).map((file) => file.replace(".in.yaml", ""));

describe("route()", () => {
  it.each(cases)("answers as in golden/routing/%s", async (name) => {
    const { scope, compat, defaultService, objects, requests } = parse(
      readFileSync(new URL(`${name}.in.yaml`, folder), "utf8"),
    ) as Case;
    const ours = { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass: true, ...scope };
    const table = tableOf(objects, ours, { defaultService, compat });
    const answers = requests.map((text) => {
      const [at = "", ...asked] = text.split(/ (?=header:|cookie:|chance:)/);
      const slash = at.indexOf("/");
      const request = { host: at.slice(0, slash), path: at.slice(slash) };
      const more = asked.length === 0 ? {} : { more: canaryRequest(asked) };
      return [text, printDecision(route(table, { ...request, ...more }))];
    });
    const printed = stringify(Object.fromEntries(answers), { lineWidth: 0 });
    await expect(printed).toMatchFileSnapshot(new URL(`${name}.out.yaml`, folder).pathname);
  });
});

/** What of a request a canary asks for. */
function canaryRequest(asked: readonly string[]): CanaryRequest {
  const find = (start: string) => asked.find((text) => text.startsWith(start))?.slice(start.length);
  return {
    header: (name) => find(`header:${name}=`),
    cookie: (name) => find(`cookie:${name}=`),
    chance: () => Number(find("chance:") ?? 0.5),
  };
}

function tableOf(
  manifests: Case["objects"],
  scope: ClassScope,
  ways: { readonly defaultService: string | undefined; readonly compat: Compat | undefined },
) {
  const objects = manifests.map((manifest) => valueOf(parseObject(manifest, { kind: "file", file: "golden" })));
  const read = <T>(kind: string, parser: (object: KubeObject) => Parsed<T>): T[] =>
    objects
      .filter((object) => object.kind === kind)
      .map(parser)
      .flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
  const classes = new Map(read("IngressClass", parseIngressClass).map((found) => [found.name, found]));
  const ingresses = read("Ingress", parseIngress).filter((ingress) => isServed(ingress, classes, scope));
  const services = read("Service", parseService);
  const slices = read("EndpointSlice", parseEndpointSlice);
  const { defaultService, compat } = ways;
  if (defaultService !== undefined) ingresses.push(defaultIngress(defaultService));
  return buildRoutes({ ...routingSnapshot({ ingresses, services, slices }), compat });
}

function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.problems.map(({ what, why }) => `${what}: ${why}`).join("\n"));
  return parsed.value;
}

function printDecision(decision: RouteDecision): string {
  if (decision.kind === "refuse") return `${decision.status} ${decision.reason}`;
  if (decision.kind === "respond") return `${decision.status} by ${decision.rule.origin.object}`;
  if (decision.kind === "redirect") {
    const { status, location } = decision.redirect;
    const parts = location.map((part) => (typeof part === "string" ? part : `$${part.variable}`));
    return `${status} to ${parts.join("")} by ${decision.rule.origin.object}`;
  }
  const { rule, backend, canary, rewrittenPath } = decision;
  const endpoints = backend.endpoints.map(({ address, port }) => `${address}:${port}`).join(",");
  const as = rewrittenPath === undefined ? "" : ` as ${rewrittenPath}`;
  const by =
    canary === undefined
      ? rule.origin.object || "--default-backend-service"
      : `${canary.object}, canary of ${rule.origin.object}`;
  return `${backend.key} [${endpoints}] by ${by} ${rule.origin.pathType} ${rule.origin.path}${as}`.trimEnd();
}
