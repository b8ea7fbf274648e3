import { counted } from "#src/model/counted.ts";
import { type Ip, printIp } from "#src/ip/address.ts";
import type { Endpoint } from "#src/model/endpoint-slice.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { findRange } from "#src/model/pool.ts";
import type { Reason } from "#src/model/reason.ts";
import { type Service, wasAssigned } from "#src/model/service.ts";
import type { SpeakerReport } from "#src/model/speaker-report.ts";
import { addressUsers, type AddressUsers } from "./address-users.ts";
import { Candidates, type CandidatesSeen } from "./candidates.ts";
import type { Speakers } from "./view-speakers.ts";
import { worstCondition } from "./worst-condition.ts";
import { isOurService, type ServiceClass } from "#src/model/service-class.ts";

/** Of a Service without an address and without a condition. */
const UNSAID = "no controller has written its status yet";

/** An address of a Service and the speakers that announce it. */
export interface AddressView {
  readonly ip: string;
  readonly pool?: string;
  /** Hawser assigned it, and no pool contains it any longer; left out where that is not so, or not known. */
  readonly orphaned?: true;
  /** The nodes that announce it, separated by commas; left out where none does, or where that is not known. */
  readonly owner?: string;
  /** False where nothing is known of its owner, or only by the last report of a speaker that may have been killed. */
  readonly certain: boolean;
  /** The nodes that would take it over; left out where that is not known. */
  readonly spares?: readonly string[];
}

/** A Service of type LoadBalancer. */
export interface ServiceView {
  readonly service: string;
  readonly addresses: readonly AddressView[];
  /** Left out where EndpointSlices may not be read. */
  readonly endpoints?: { readonly ready: number; readonly all: number };
  /** Why it is so, the worst first, from the closed set of reasons; empty where the controller has written nothing yet. */
  readonly reason: string;
  readonly message: string;
  /** Since when the condition with this reason says so, in ISO 8601; empty where that is not known. */
  readonly since: string;
  /** Whether clients are answered, as far as is known: it has an address, one speaker that announces it, and an endpoint. */
  readonly served: boolean;
}

/** What Services are judged by. Undefined where it may not be read. */
export interface ServicesSeen extends CandidatesSeen, ServiceClass {
  /** Whether the pools are known. */
  readonly hasConfig: boolean;
  readonly services: readonly { readonly object: KubeObject; readonly read: Parsed<Service> }[];
}

/** Views of all Services of type LoadBalancer: those that are not served first, then by name. */
export function viewServices(seen: ServicesSeen): readonly ServiceView[] {
  const readable = seen.services.flatMap(({ read }) => (read.ok ? [read.value] : []));
  const usersOf = addressUsers(readable, seen);
  const context: Context = { ...seen, usersOf, candidates: new Candidates(seen) };
  return seen.services
    .flatMap(({ object, read }) => viewService(object, read, context))
    .sort((left, right) => Number(left.served) - Number(right.served) || (left.service < right.service ? -1 : 1));
}

interface Context extends ServicesSeen {
  readonly usersOf: AddressUsers;
  readonly candidates: Candidates;
}

function viewService(object: KubeObject, read: Parsed<Service>, context: Context): readonly ServiceView[] {
  const service = keyOf(object.metadata);
  if (!read.ok) return [{ service, addresses: [], ...explainUnreadable(object, read.problems), served: false }];
  if (read.value.type !== "LoadBalancer") return [];
  if (isOurService(read.value, context)) return [judge(object, read.value, context)];
  const message = `class ${read.value.loadBalancerClass ?? "none"}`;
  return [{ service, addresses: [], reason: "OtherLoadBalancerClass", message, since: "", served: true }];
}

/** The controller's condition, otherwise the first Problem of the object. */
function explainUnreadable(
  object: KubeObject,
  problems: readonly Problem[],
): Pick<ServiceView, "reason" | "message" | "since"> {
  const problem = problems.find(({ severity }) => severity === "error");
  const found = { reason: problem?.code ?? "", message: `${problem?.what}: ${problem?.why}`, since: "" };
  const { reason, message, since } = worstCondition(object) ?? found;
  return { reason, message, since };
}

function judge(object: KubeObject, service: Service, context: Context): ServiceView {
  const { key, assignedAddresses } = service;
  const { status, reason = "", message = "", since = "" } = worstCondition(object) ?? {};
  const addresses = assignedAddresses.map((ip) => viewAddress(ip, service, context));
  const endpoints = context.slices === undefined ? undefined : countEndpoints(context.candidates.podsOf(key));
  const shared = { service: key, addresses, ...(endpoints === undefined ? {} : { endpoints }) };
  const unannounced = findUnannounced(addresses, context.speakers);
  // Unknown: it was assigned just now, and the speakers have had no time yet.
  const isSaid = status === "False" || addresses.length === 0 || (status === "Unknown" && unannounced !== undefined);
  if (isSaid) return { ...shared, reason, message: reason === "" ? UNSAID : message, since, served: false };
  const finding = unannounced ?? findConflict(addresses) ?? findUnserved(endpoints);
  if (finding !== undefined) return { ...shared, ...finding, since: "", served: false };
  return { ...shared, reason, message, since, served: true };
}

interface Finding {
  readonly reason: Reason;
  readonly message: string;
}

/** What is seen now and no condition says: the controller waits before it does, and may not run at all. */
function findUnannounced(addresses: readonly AddressView[], { isKnown, live }: Speakers): Finding | undefined {
  if (!isKnown) return undefined;
  const missing = addresses.filter(({ owner }) => owner === undefined).map(({ ip }) => ip);
  if (missing.length === 0) return undefined;
  const what = missing.join(" and ");
  if (live.length === 0) return { reason: "NoSpeaker", message: `${what}: no speaker runs` };
  if (!live.some(({ ready }) => ready)) return { reason: "NoReadySpeaker", message: `${what}: no speaker is ready` };
  const message = `${what}: no speaker announces it${printReasons(missing[0] ?? "", live)}`;
  return { reason: "NoEligibleNode", message };
}

/** Why no live member can serve an address, as a speaker reports it: ` (NoSubnet on 2 nodes, NoEndpoint on 1 node)`. */
function printReasons(ip: string, live: readonly SpeakerReport[]): string {
  const group = live.flatMap(({ unowned }) => unowned).find(({ addresses }) => addresses.has(ip));
  if (group === undefined) return "";
  const counts = Object.entries(group.reasons).map(([reason, count]) => `${reason} on ${counted(count, "node")}`);
  return ` (${counts.join(", ")})`;
}

/** Two that answer for a moment are a takeover; two that both report it do not hear each other. */
function findConflict(addresses: readonly AddressView[]): Finding | undefined {
  const shared = addresses.find(({ owner }) => owner?.includes(", "));
  if (shared === undefined) return undefined;
  return { reason: "MultipleOwners", message: `${shared.ip}: announced by ${shared.owner}` };
}

function findUnserved(endpoints: ServiceView["endpoints"]): Finding | undefined {
  if (endpoints === undefined || endpoints.ready > 0) return undefined;
  return { reason: "NoReadyEndpoint", message: "its address is announced, but no pod behind it is ready" };
}

function viewAddress(address: Ip, service: Service, context: Context): AddressView {
  const { pools, speakers, hasConfig } = context;
  const ip = printIp(address);
  const pool = findRange(pools, address)?.pool.name;
  const owners = speakers.ownersOf(ip);
  const owner = owners.map(({ node }) => node).join(", ");
  const nodes = context.candidates.judge(address, context.usersOf(address));
  const spares = nodes?.filter(({ reason }) => reason === undefined).map(({ node }) => node);
  return {
    ip,
    ...(pool === undefined ? {} : { pool }),
    ...(hasConfig && pool === undefined && wasAssigned(service, address) ? { orphaned: true as const } : {}),
    ...(owner === "" ? {} : { owner }),
    certain: speakers.isKnown && owners.every(({ certain }) => certain),
    ...(spares === undefined ? {} : { spares: spares.filter((node) => owners.every((one) => one.node !== node)) }),
  };
}

function countEndpoints(endpoints: readonly Endpoint[]): { readonly ready: number; readonly all: number } {
  return { ready: endpoints.filter(({ ready }) => ready).length, all: endpoints.length };
}
