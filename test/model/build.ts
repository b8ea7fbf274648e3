import { isDeepStrictEqual } from "node:util";
import type { Configuration } from "#src/model/configuration.ts";
// Manifests in few words, every parser by kind, and values as text for golden files.
import { parse, stringify } from "yaml";
import { type Ip, printIp } from "#src/ip/address.ts";
import { type IpRange, printRange } from "#src/ip/range.ts";
import { parseEndpointSlice } from "#src/model/endpoint-slice.ts";
import { httpsRedirectOf } from "#src/model/annotations/https-redirect.ts";
import { type Ingress, parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { parseNode } from "#src/model/node.ts";
import { PLAIN_POOL } from "#src/model/pool.ts";
import type { Kind } from "#src/model/kind.ts";
import { keyOf, type KubeObject, parseObject } from "#src/model/object.ts";
import { fromConfigMap } from "#src/configuration/from-config-map.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { type Parsed, printProblem, type Problem, withPlacePrinted } from "#src/model/problem.ts";
import { parseTlsSecret } from "#src/model/tls-secret.ts";
import { parseService } from "#src/model/service.ts";
import { parseDeployment } from "#src/model/deployment.ts";

/** The parser of each kind that has one. */
export const parsers: Readonly<Partial<Record<Kind, (object: KubeObject) => Parsed<unknown>>>> = {
  ConfigMap: fromConfigMap,
  Service: parseService,
  EndpointSlice: parseEndpointSlice,
  Ingress: parseIngress,
  IngressClass: parseIngressClass,
  Node: parseNode,
  Secret: parseTlsSecret,
  Deployment: parseDeployment,
};

/** The one object that YAML text holds; fails where it has no identity. */
export function object(text: string): KubeObject {
  const parsed = parseObject(parse(text), { kind: "file", file: "test" });
  if (!parsed.ok) throw new Error(parsed.problems.map(printProblem).join("\n"));
  return parsed.value;
}

/** The ConfigMap that holds a configuration. */
export function configMap(config: unknown): KubeObject {
  const metadata = { name: "hawser", namespace: "hawser-system" };
  const parsed = parseObject(
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { config } },
    { kind: "file", file: "test" },
  );
  if (!parsed.ok) throw new Error("not a ConfigMap");
  return parsed.value;
}

/** `CODE` for an error, `code` in lower case for a warning. */
export function codes(problems: readonly Problem[]): string[] {
  return problems.map(({ code, severity }) => (severity === "error" ? code : code.toLowerCase()));
}

/** The value, or a failure that shows the problems. */
export function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.problems.map(printProblem).join("\n"));
  return parsed.value;
}

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  if ("code" in value && "at" in value) return withPlacePrinted(value as Problem);
  if ("family" in value && "value" in value) return printIp(value as Ip);
  if (value instanceof Map) return readable(Object.fromEntries(value));
  if ("family" in value && "first" in value) return printRange(value as IpRange);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}

/** What a configuration says, without what says nothing; a password only as having been read. */
export function describeConfiguration(configuration: Configuration): unknown {
  const said = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(said);
    if (value instanceof Map || typeof value !== "object" || value === null || "family" in value) return value;
    const entries = Object.entries(value).filter(([, one]) => !NEUTRAL.has(JSON.stringify(one, textOfBigInt)));
    return Object.fromEntries(entries.map(([key, one]) => [key, key === "password" ? "(read)" : said(one)]));
  };
  const { pools, communities, ...rest } = configuration;
  const more = communities.size === 0 ? rest : { ...rest, communities };
  const saidOfPools = pools.map(({ name, ranges, ...pool }) => {
    const odd = Object.entries(pool).filter(
      ([key, value]) => !isDeepStrictEqual(value, (PLAIN_POOL as Record<string, unknown>)[key]),
    );
    return { name, ranges, ...Object.fromEntries(odd) };
  });
  return readable({ pools: saidOfPools, ...(said(more) as object) });
}

/** As JSON. */
const NEUTRAL = new Set(["[]", "0", "false", undefined]);

function textOfBigInt(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** An Ingress with its settings, which way it goes to HTTPS among them. */
function describeIngress({ settings, ...ingress }: Ingress): unknown {
  const { rewrite, forceSslRedirect: _force, sslRedirect: _ssl, useRegex: _regex, ...more } = settings;
  const { usesRegex, ...rest } = ingress;
  return { ...rest, rewrite, httpsRedirect: httpsRedirectOf(settings), ...(usesRegex && { usesRegex }), ...more };
}

function shown(kind: Kind, value: unknown): unknown {
  if (kind === "ConfigMap") return describeConfiguration(value as Configuration);
  return kind === "Ingress" ? describeIngress(value as Ingress) : value;
}

/** All that is read from a file of manifests, as YAML. */
export function describeManifests(text: string): string {
  const manifests = parseManifests(text, "in.yaml");
  const objects = manifests.objects.map((one) => {
    const parsed = parsers[one.kind]?.(one);
    const place = manifests.places.get(one);
    return {
      object: `${one.kind} "${keyOf(one.metadata)}"`,
      place: place && printPlace(place),
      ...(parsed?.ok === true ? { value: readable(shown(one.kind, parsed.value)) } : { value: null }),
      problems: parsed?.problems.map(describeProblem) ?? [],
    };
  });
  const otherKinds = Object.fromEntries(manifests.otherKinds);
  return stringify({ objects, problems: manifests.problems.map(describeProblem), otherKinds }, { lineWidth: 0 });
}

function describeProblem(problem: Problem): string {
  return `${problem.severity}: ${printProblem(problem)}`;
}
