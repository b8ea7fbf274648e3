// A case of one rule: objects as YAML in a few steps, played by a controller over a source in memory.
import { expect } from "vitest";
import { stringify } from "yaml";
import { ConfigurationReader } from "#src/configuration/configuration-reader.ts";
import { resourcesByKind } from "#src/configuration/read-configuration.ts";
import { planAnnouncements } from "#src/election/plan.ts";
import { nodeStanding, wantedAddress } from "#src/election/wanted.ts";
import { type Family, nameOfFamily, parseIp, printIp } from "#src/ip/address.ts";
import { parseCidr } from "#src/ip/cidr.ts";
import { type IpRange, rangeContains } from "#src/ip/range.ts";
import { EMPTY_CONFIGURATION } from "#src/model/configuration.ts";
import { hostAddressesOf } from "#src/model/host-addresses.ts";
import { type Kind, METALLB_KINDS } from "#src/model/kind.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { parseNode } from "#src/model/node.ts";
import { keyOf, type KubeObject } from "#src/model/object.ts";
import { type Fields, recordOf, textOf } from "#src/model/record.ts";
import { parseService } from "#src/model/service.ts";
import { addressConditionOf, addressesShownBy, ingressOf, POOL_ANNOTATION } from "#src/model/service-status.ts";
import { valueOf } from "#test/model/build.ts";
import { MemorySource } from "./memory-source.ts";
import { World } from "./world.ts";

/** Where the pools of a case are written. */
export type Form = "ConfigMap" | "custom resources";

interface Step {
  readonly title: string;
  /** Applied over what is there; where any of them configures pools, they are the whole configuration from then on. */
  readonly objects: readonly KubeObject[];
  /** `KIND NAMESPACE/NAME` of each that is deleted. */
  readonly deleted: readonly (readonly [Kind, string])[];
  /** First another controller starts on what the one before wrote. */
  readonly isRestart: boolean;
}

export interface RuleCase {
  readonly loadBalancerClass: string | undefined;
  readonly steps: readonly Step[];
  /** Both, unless the pools are written in one of them only. */
  readonly forms: readonly Form[];
}

const METALLB: ReadonlySet<string> = new Set(METALLB_KINDS);

function formOf({ kind }: KubeObject): Form | undefined {
  return kind === "ConfigMap" ? "ConfigMap" : METALLB.has(kind) ? "custom resources" : undefined;
}

/**
 * Reads a case: `# Then: TITLE` begins another step, `# Deleted: KIND NAMESPACE/NAME` in it deletes an object,
 * `# Restart` restarts the controller, and `# Options: --load-balancer-class CLASS` is how the controller is started.
 */
export function readRuleCase(text: string, file: string): RuleCase {
  const [first = "", ...rest] = text.split(/^# Then: /m);
  const steps = [`at first\n${first}`, ...rest].map((part): Step => {
    const [title = "", ...lines] = part.split("\n");
    const { objects, problems } = parseManifests(lines.join("\n"), file);
    expect(problems).toEqual([]);
    const deleted = lines.flatMap((line) => {
      const found = /^# Deleted: (\w+) (\S+)$/.exec(line);
      return found === null ? [] : [[found[1] as Kind, found[2] ?? ""] as const];
    });
    return { title, objects, deleted, isRestart: lines.includes("# Restart") };
  });
  const forms = new Set(steps.flatMap(({ objects }) => objects.flatMap((one) => formOf(one) ?? [])));
  const loadBalancerClass = /^# Options: --load-balancer-class (\S+)$/m.exec(text)?.[1];
  return { loadBalancerClass, steps, forms: [...forms].sort() };
}

/** An exchanged address goes 2 s after a speaker answers for the one in its place, or 30 s after none answers for either. */
const SETTLED_MS = 40_000;

/**
 * Plays the steps with the pools in one form; a speaker answers for all that statuses show. Returns what the objects, Events and
 * counts say after each step, as YAML, with the names that custom resources have.
 */
export async function playRuleCase({ steps, loadBalancerClass }: RuleCase, form: Form): Promise<string> {
  let world = new World();
  let reader = new ConfigurationReader("metallb-system");
  const shown: unknown[] = [];
  try {
    for (const [at, step] of steps.entries()) {
      if (step.isRestart) {
        await world.stop();
        [world, reader] = [new World(copyOf(world.source)), new ConfigurationReader("metallb-system")];
      }
      apply(world.source, step, form);
      if (at === 0 || step.isRestart) await world.start(loadBalancerClass);
      const { problems } = read(reader, world.source);
      await world.idle();
      const meanwhile = servicesIn(world.source);
      world.announce(...addressesIn(world.source));
      await world.advance(SETTLED_MS);
      world.announce(...addressesIn(world.source));
      await world.advance(SETTLED_MS);
      // What left an exchange just now is in the counts of the pools some seconds later.
      await world.advance(SETTLED_MS);
      const after = servicesIn(world.source);
      const isMoving = stringify(meanwhile) !== stringify(after);
      shown.push({
        step: step.title,
        ...(problems.length === 0 ? {} : { problems }),
        ...(isMoving ? { "services for a moment": meanwhile } : {}),
        services: after,
        ...announcersIn(world.source, reader),
        events: eventsIn(world.source),
        pools: await countsOf(world, reader),
      });
      const { configuration, isStale } = reader;
      await expectCalmAfterRestart(world.source, { loadBalancerClass, configuration, isStale });
    }
  } finally {
    await world.stop();
  }
  return inWordsOfResources(stringify(shown, { lineWidth: 0 }));
}

/** A message has the words of the form that the pool is written in. */
function inWordsOfResources(text: string): string {
  return text.replaceAll("auto-assign", "autoAssign").replaceAll("avoid-buggy-ips", "avoidBuggyIPs");
}

function addressesIn(source: MemorySource): readonly string[] {
  const texts = [...source.list("Service").values()].flatMap((one) => addressesShownBy(one).map(printIp));
  return [...new Set(texts)];
}

const OWN_MARK = /^hawser\.dev\/(ip-allocated-from-pool|assigned-addresses|sharing-terms|leaving-addresses)$/;

function apply(source: MemorySource, { objects, deleted }: Step, form: Form): void {
  for (const [kind, key] of deleted) source.remove(kind, key);
  const used = objects.filter((one) => (formOf(one) ?? form) === form);
  if (objects.some((one) => formOf(one) !== undefined))
    for (const kind of ["ConfigMap", ...METALLB_KINDS] as const)
      for (const key of source.list(kind).keys())
        if (!used.some((one) => one.kind === kind && keyOf(one.metadata) === key)) source.remove(kind, key);
  source.put(...used.map((one) => withWrites(source, one)));
}

/** As `kubectl replace` leaves an object: what the controller wrote on it stays. */
function withWrites(source: MemorySource, object: KubeObject): KubeObject {
  const before = source.get(object.kind, keyOf(object.metadata));
  if (before === undefined) return object;
  const marks = Object.entries(before.metadata.annotations).filter(([name]) => OWN_MARK.test(name));
  const annotations = { ...object.metadata.annotations, ...Object.fromEntries(marks) };
  return { ...object, metadata: { ...object.metadata, annotations }, status: before["status"] };
}

function read(reader: ConfigurationReader, source: MemorySource): { readonly problems: readonly string[] } {
  const resources = METALLB_KINDS.flatMap((kind) => [...source.list(kind).values()]);
  const configMap = source.get("ConfigMap", "hawser-system/hawser");
  const news = reader.read({ configMap, resources: resourcesByKind(resources) });
  const ofMap = news?.configMap === undefined || news.configMap.kind === "gone" ? [] : news.configMap.problems;
  const problems = [...ofMap, ...(news?.resources ?? [])];
  return { problems: problems.map(({ severity, code }) => `${severity} ${code}`) };
}

/** `192.0.2.1 VIP from edge`, or `none`; and the condition, unless that says no more. */
function servicesIn(source: MemorySource): Readonly<Record<string, string>> {
  const entries = [...source.list("Service")].map(([key, object]) => {
    const pool = object.metadata.annotations[POOL_ANNOTATION];
    const ingress = ingressOf(object).map((one) => Object.values(one).join(" "));
    const has = ingress.length === 0 ? "none" : ingress.join(", ");
    const condition = addressConditionOf(object) ?? {};
    const [status, reason, message] = ["status", "reason", "message"].map((field) => textOf(condition[field]));
    const isPlain = reason === "" || (status === "True" && reason === "AddressAssigned");
    const said = isPlain ? "" : `; ${status} ${reason}: ${message}`;
    return [key, `${has}${pool === undefined ? "" : ` from ${pool}`}${said}`] as const;
  });
  return Object.fromEntries(entries);
}

function ingressesIn(source: MemorySource): readonly unknown[] {
  return [...source.list("Service")].map(([key, object]) => [key, ingressOf(object)]);
}

/** Of Events about Services, with the messages that are in no condition. */
function eventsIn(source: MemorySource): readonly string[] {
  return source.events.splice(0).flatMap(({ about, type, reason, message }) => {
    if (about.kind !== "Service") return [];
    const object = source.get("Service", keyOf(about));
    const condition = textOf(object && addressConditionOf(object)?.["message"]);
    const isSaid = condition !== "" && message.startsWith(condition);
    return [`${keyOf(about)}: ${type} ${reason}${isSaid ? "" : `: ${message}`}`];
  });
}

/**
 * `POOL FAMILY: N assigned, N free` of each pool: of an IPAddressPool as its status says; of the ConfigMap what the Services have that
 * Hawser serves, and what the metrics say is free.
 */
async function countsOf(world: World, { configuration }: ConfigurationReader): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { name, resource, ranges } of configuration?.pools ?? [])
    for (const family of ["ipv4", "ipv6"] as const) {
      const own = ranges.filter((range) => range.family === family);
      if (own.length === 0) continue;
      const [assigned, free] =
        resource === undefined
          ? [
              assignedOf(world.source, own),
              await world.metric(`hawser_pool_addresses_free{pool="${name}",family="${family}"}`),
            ]
          : countsInStatus(world.source, resource, family);
      lines.push(`${name} ${family}: ${String(assigned)} assigned, ${String(free)} free`);
    }
  return lines;
}

function countsInStatus(source: MemorySource, key: string, family: Family): readonly unknown[] {
  const status = recordOf(source.get("IPAddressPool", key)?.["status"]);
  return ["assigned", "available"].map((word) => status[`${word}${nameOfFamily(family)}`]);
}

function assignedOf(source: MemorySource, ranges: readonly IpRange[]): number {
  const having = [...source.list("Service").values()].filter(({ metadata }) => POOL_ANNOTATION in metadata.annotations);
  const found = having.flatMap(addressesShownBy).filter((ip) => ranges.some((range) => rangeContains(range, ip)));
  return new Set(found.map(printIp)).size;
}

/** Who announces each address, where the case has Nodes: one speaker runs on each, in the networks of the pools. */
function announcersIn(source: MemorySource, { configuration = EMPTY_CONFIGURATION }: ConfigurationReader): Fields {
  const nodes = [...source.list("Node").values()].map((one) => parseNode(one).value);
  if (nodes.length === 0) return {};
  const services = [...source.list("Service").values()].map((one) => valueOf(parseService(one)));
  const use = { ...configuration, nodes, slicesOf: () => [], members: [], hostAddresses: hostAddressesOf(nodes) };
  const subnets = ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/64"].map((text) => parseCidr(text) ?? expect.fail());
  const announced = addressesIn(source).map((text) => {
    const ip = parseIp(text) ?? expect.fail();
    const having = services.filter(({ assignedAddresses }) => assignedAddresses.some((one) => printIp(one) === text));
    const wanted = wantedAddress({ ...use, ip, services: having });
    const member = { ready: true, leaving: false, liveSinceMs: 0, subnets, claims: new Map() };
    const plan = planAnnouncements(
      {
        wanted: new Map([[text, wanted]]),
        members: nodes.map(({ name }) => ({ ...member, node: name })),
        nodes: new Map(nodes.map((one) => [one.name, nodeStanding(one, { ignoresExcludeLabel: false })])),
        knownMembers: nodes.length,
        terms: new Map(),
        before: new Map(),
      },
      { self: nodes[0]?.name ?? "", nowMs: 0 },
    );
    return [text, plan.get(text)?.owner ?? (wanted.isUnadvertised === true ? "none: not advertised" : "none")] as const;
  });
  return { announcers: Object.fromEntries(announced) };
}

/** The same objects, of which no program knows more than they say. */
function copyOf(source: MemorySource): MemorySource {
  const copy = new MemorySource();
  const kinds = ["ConfigMap", "Service", "Node", "Namespace", ...METALLB_KINDS] as const;
  copy.history = source.history;
  copy.put(...kinds.flatMap((kind) => [...source.list(kind).values()]));
  return copy;
}

/**
 * What a step led to is fed back: a controller that starts on it changes no address, and finds nothing to write unless it cannot
 * know what its predecessor knew, the last good configuration.
 */
async function expectCalmAfterRestart(
  source: MemorySource,
  {
    loadBalancerClass,
    configuration,
    isStale,
  }: { isStale: boolean } & Pick<ConfigurationReader, "configuration"> & Pick<RuleCase, "loadBalancerClass">,
): Promise<void> {
  const copy = copyOf(source);
  const again = new World(copy);
  again.announce(...addressesIn(source));
  try {
    await again.start(loadBalancerClass);
    await again.advance(SETTLED_MS);
    expect(ingressesIn(copy)).toEqual(ingressesIn(source));
    const isKnown = !isStale && configuration !== undefined && configuration.pools.length > 0;
    if (isKnown) expect(copy.patched).toEqual([]);
  } finally {
    await again.stop();
  }
}
