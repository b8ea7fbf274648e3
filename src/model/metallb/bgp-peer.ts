import { type Ip, parseIp } from "#src/ip/address.ts";
import type { BgpPeer } from "#src/model/bgp-peer.ts";
import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  hasError,
  isUnset,
  readBoolean,
  readChoice,
  readInteger,
  readMap,
  readText,
} from "#src/model/field.ts";
import { readGoDuration } from "#src/model/go-duration.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { withoutUnset } from "#src/model/without-unset.ts";
import { warnOfUnknownKeys } from "#src/model/unknown-keys.ts";
import { openResource, type Resource } from "./resource.ts";
import { readUniqueSelectors } from "./read-unique.ts";

/** A BGPPeer (metallb.io/v1beta2, or v1beta1 as it was), strictly read. */
export interface BgpPeerResource extends Resource {
  readonly peer: BgpPeer;
}

const OLD_KEYS = [
  "myASN",
  "peerASN",
  "peerAddress",
  "sourceAddress",
  "peerPort",
  "holdTime",
  "keepaliveTime",
  "routerID",
  "nodeSelectors",
  "password",
  "bfdProfile",
  "ebgpMultiHop",
];
const KEYS = [
  ...OLD_KEYS,
  "localASN",
  "dynamicASN",
  "interface",
  "connectTime",
  "passwordSecret",
  "enableGracefulRestart",
  "vrf",
  "disableMP",
  "dualStackAddressFamily",
];
const OLD_VERSION = "metallb.io/v1beta1";
const ASN = { min: 0, max: 2 ** 32 - 1 };
const BGP_PORT = 179;
/** The definition of the kind has this limit. */
const MAX_PORT = 16_384;
/** RFC 4271 section 4.2: a hold time is 0 or at least 3 seconds. */
const MIN_HOLD_SECONDS = 3;
const MAX_CONNECT_SECONDS = 65_535;

/** Reads a BGPPeer. No Problem shows the password. */
export function parseBgpPeer(object: KubeObject): Parsed<BgpPeerResource> {
  const { resource, root, spec } = openResource(object, {
    keys: object.apiVersion === OLD_VERSION ? OLD_KEYS : KEYS,
    isSpecRequired: true,
  });
  const { problems } = root;
  const asns = readAsns(spec);
  const peer = readRemote(spec);
  const ebgpMultiHop = readBoolean(child(spec, "ebgpMultiHop")) ?? false;
  if (ebgpMultiHop && asns.myAsn !== undefined && (asns.peerAsn === asns.myAsn || asns.peerAsn === "internal"))
    complainInvalid(child(spec, "ebgpMultiHop"), "both ends are in one autonomous system", "Remove it");
  const optional = {
    sourceAddress: readIp(child(spec, "sourceAddress")),
    routerId: readRouterId(child(spec, "routerID")),
    bfdProfile: readFilled(child(spec, "bfdProfile")),
    vrf: readFilled(child(spec, "vrf")),
    ...readTimers(spec),
    ...readPasswords(spec),
  };
  const common = {
    name: resource.name,
    peerPort: readInteger(child(spec, "peerPort"), { min: 0, max: MAX_PORT }) || BGP_PORT,
    ebgpMultiHop,
    nodeSelectors: readUniqueSelectors(child(spec, "nodeSelectors")),
  };
  checkOthers(spec);
  const { myAsn, peerAsn } = asns;
  if (hasError(problems) || myAsn === undefined || peerAsn === undefined || peer === undefined)
    return { ok: false, problems };
  const value = { ...common, myAsn, peerAsn, peer, ...withoutUnset(optional) };
  return { ok: true, value: { ...resource, peer: value }, problems };
}

function readAsns(spec: Field): Partial<Pick<BgpPeer, "myAsn" | "peerAsn">> {
  const myField = child(spec, "myASN");
  const [peerField, dynamicField] = [child(spec, "peerASN"), child(spec, "dynamicASN")];
  const my = readAsn(myField);
  const peer = readAsn(peerField);
  const dynamic = readChoice(unlessEmpty(dynamicField), ["internal", "external"]);
  if (isUnset(myField) || my === 0) complainMissing(myField, "Write the number of the nodes' autonomous system");
  const peerAsn = peer === undefined || peer === 0 ? dynamic : peer;
  if (peerAsn === undefined && isUnset(unlessEmpty(dynamicField)) && (isUnset(peerField) || peer === 0))
    complainMissing(peerField, "Write peerASN or dynamicASN");
  if (dynamic !== undefined && typeof peerAsn === "number")
    complainInvalid(dynamicField, "peerASN says which it is", "Keep one of the two");
  return { ...(my === undefined ? {} : { myAsn: my }), ...(peerAsn === undefined ? {} : { peerAsn }) };
}

function readAsn(field: Field): number | undefined {
  return readInteger(field, ASN);
}

/** The router's address, or the interface that it is found on: one of the two. */
function readRemote(spec: Field): BgpPeer["peer"] | undefined {
  const [addressField, interfaceField] = [child(spec, "peerAddress"), child(spec, "interface")];
  const address = readIp(addressField);
  const name = readFilled(interfaceField);
  if (isUnset(unlessEmpty(addressField)) && isUnset(unlessEmpty(interfaceField)))
    return complainMissing(addressField, "Write the address of the router, or the interface that it is found on");
  if (!isUnset(unlessEmpty(addressField)) && name !== undefined)
    return complainInvalid(interfaceField, "peerAddress says where the router is", "Keep one of the two");
  return name === undefined ? address : { interface: name };
}

function readTimers(spec: Field): Pick<BgpPeer, "holdTimeSeconds" | "keepaliveTimeSeconds" | "connectTimeSeconds"> {
  const [holdField, keepField, connectField] = ["holdTime", "keepaliveTime", "connectTime"].map((name) =>
    child(spec, name),
  ) as [Field, Field, Field];
  const [hold, keep, connect] = [holdField, keepField, connectField].map(readSeconds);
  const holdTime = hold ?? (keep === undefined ? undefined : keep * 3);
  const keepTime = keep ?? (hold === undefined ? undefined : hold / 3);
  const whole = holdTime === undefined ? undefined : Math.trunc(holdTime);
  if (whole !== undefined && whole !== 0 && whole < MIN_HOLD_SECONDS)
    complainInvalid(
      hold === undefined ? keepField : holdField,
      "a hold time is 0, or 3 seconds or more",
      'Write "90s"',
    );
  if (holdTime !== undefined && keepTime !== undefined && keepTime > holdTime)
    complainInvalid(keepField, "it is longer than the hold time", "Write a third of the hold time");
  if (connect !== undefined && (!Number.isInteger(connect) || connect < 1 || connect > MAX_CONNECT_SECONDS))
    complainInvalid(connectField, `it is not whole seconds from 1 to ${MAX_CONNECT_SECONDS}`, 'Write "120s"');
  return withoutUnset({ holdTimeSeconds: whole, keepaliveTimeSeconds: keepTime, connectTimeSeconds: connect });
}

function readSeconds(field: Field): number | undefined {
  const milliseconds = readGoDuration(field);
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

/** The password or the name of the Secret with it. Their values are in no Problem. */
function readPasswords(spec: Field): Pick<BgpPeer, "password" | "passwordSecret"> {
  const [field, secret] = [child(spec, "password"), child(spec, "passwordSecret")];
  const isText = isUnset(field) || typeof field.value === "string";
  if (!isText)
    complain(field, "FIELD_WRONG_TYPE", {
      what: "Cannot read the password",
      why: "it is not a text",
      fix: "Write it in quotes",
    });
  const password = typeof field.value === "string" && field.value !== "" ? field.value : undefined;
  readMap(secret);
  warnOfUnknownKeys(secret, ["name", "namespace"]);
  readText(child(secret, "namespace"));
  const passwordSecret = readFilled(child(secret, "name"));
  if (password !== undefined && passwordSecret !== undefined)
    complain(secret, "FIELD_INVALID", {
      what: "Cannot use password and passwordSecret",
      why: "a session has one password",
      fix: "Remove the password, and keep the Secret",
    });
  return withoutUnset({ password, passwordSecret });
}

/** What is read only so that a mistake in it is found. */
function checkOthers(spec: Field): void {
  readInteger(child(spec, "localASN"), { ...ASN, min: 1 });
  for (const name of ["enableGracefulRestart", "disableMP", "dualStackAddressFamily"]) readBoolean(child(spec, name));
}

function readIp(field: Field): Ip | undefined {
  const text = readFilled(field);
  if (text === undefined) return undefined;
  return parseIp(text) ?? complainInvalid(field, "it is not an IP address", "Write an IPv4 or IPv6 address");
}

/** A router ID has 32 bits and is written as an IPv4 address (RFC 4271 section 4.2). */
function readRouterId(field: Field): Ip | undefined {
  const ip = readIp(field);
  if (ip === undefined || ip.family === "ipv4") return ip;
  return complainInvalid(field, "a router ID has 32 bits", "Write it as an IPv4 address");
}

/** A text that is not empty. */
function readFilled(field: Field): string | undefined {
  return readText(unlessEmpty(field));
}

function unlessEmpty(field: Field): Field {
  return field.value === "" ? { ...field, value: undefined } : field;
}
