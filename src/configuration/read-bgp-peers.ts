import { type Ip, parseIp } from "#src/ip/address.ts";
import type { BgpPeer } from "#src/model/bgp-peer.ts";
import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  hasRoom,
  isUnset,
  readInteger,
  readList,
  readMap,
  spellingOf,
} from "#src/model/field.ts";
import { parseGoDuration } from "#src/model/go-duration.ts";
import { nearest } from "#src/model/nearest.ts";
import { readLabelSelectors } from "#src/model/read-label-selectors.ts";
import { withoutUnset } from "#src/model/without-unset.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import type { PlacedPeer } from "./bgp-parts.ts";
import { complainOfTwins } from "./complain-of-twins.ts";
import { readScalarText } from "./read-scalar-text.ts";
import { readYaml11Boolean } from "./read-yaml11-boolean.ts";

const KEYS = [
  "my-asn",
  "peer-asn",
  "peer-address",
  "source-address",
  "peer-port",
  "hold-time",
  "keepalive-time",
  "router-id",
  "node-selectors",
  "password",
  "bfd-profile",
  "ebgp-multihop",
];
/** How MetalLB's own annotated example spells `bfd-profile`. */
const ODD_KEY = "bfdProfile";
const MAX_ASN = 0xff_ff_ff_ff;
const DEFAULT_PORT = 179;
const DEFAULT_HOLD_SECONDS = 90;
/** RFC 4271 section 4.2: the time is 0 or at least three seconds. */
const MIN_HOLD_SECONDS = 3;

/** Reads `peers`. They have no names in this format: they are `peer1`, `peer2` and so on. */
export function readBgpPeers(field: Field, profiles: ReadonlySet<string>): readonly PlacedPeer[] {
  const read = readList(field).flatMap((one, index) => {
    const found = one.problems.length;
    const peer = readPeer(one, profiles);
    const isWell = one.problems.length === found;
    return peer === undefined ? [] : [{ field: one, name: `peer${index + 1}`, peer, isWell }];
  });
  const well = read.filter(({ isWell }) => isWell);
  complainOfTwins(
    well.map(({ field, peer }) => ({ field, text: textOf(peer) })),
    "peer",
  );
  return read.map(({ name, peer, field: one }) => ({ peer: { name, ...peer }, title: one.path, field: one }));
}

function readPeer(field: Field, profiles: ReadonlySet<string>): Omit<BgpPeer, "name"> | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the peer, or remove the dash");
  if (!readMap(field)) return undefined;
  const hasOddKey = acceptOddKey(field);
  rejectUnknownKeys(field, hasOddKey ? [...KEYS, ODD_KEY] : KEYS);
  const [myAsn, peerAsn] = [readAsn(child(field, "my-asn")), readAsn(child(field, "peer-asn"))];
  const peer = readIp(child(field, "peer-address"), "the address of a router");
  const ebgpMultiHop = readYaml11Boolean(child(field, "ebgp-multihop")) ?? false;
  if (ebgpMultiHop && myAsn !== undefined && myAsn === peerAsn)
    complainInvalid(
      child(field, "ebgp-multihop"),
      "my-asn and peer-asn are the same, and sessions within one autonomous system have no limit of hops",
      "Remove it",
    );
  const port = readInteger(child(field, "peer-port"), { min: 0, max: 0xff_ff });
  const more = {
    sourceAddress: readOptionalIp(child(field, "source-address")),
    ...readTimers(child(field, "hold-time"), child(field, "keepalive-time")),
    routerId: readOptionalIp(child(field, "router-id")),
    password: readPassword(child(field, "password")),
    bfdProfile: readProfile(child(field, hasOddKey ? ODD_KEY : "bfd-profile"), profiles),
  };
  const nodeSelectors = readLabelSelectors(child(field, "node-selectors"), { mayBeEmpty: true });
  if (myAsn === undefined || peerAsn === undefined || peer === undefined) return undefined;
  const said = withoutUnset(more);
  return { myAsn, peerAsn, peer, peerPort: port || DEFAULT_PORT, ...said, ebgpMultiHop, nodeSelectors };
}

function acceptOddKey(field: Field): boolean {
  const odd = child(field, ODD_KEY);
  if (isUnset(odd) || !isUnset(child(field, "bfd-profile"))) return false;
  complain(odd, "CONFIG_UNKNOWN_KEY", {
    what: `Read "${ODD_KEY}" as bfd-profile`,
    why: "an example of MetalLB spells it so, though MetalLB itself does not read it",
    fix: "Write bfd-profile",
    severity: "warning",
  });
  return true;
}

function readAsn(field: Field): number | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the number of the autonomous system");
  return readInteger(field, { min: 1, max: MAX_ASN });
}

function readIp(field: Field, what: string): Ip | undefined {
  return isUnset(field) ? complainMissing(field, `Write ${what}`) : readOptionalIp(field);
}

function readOptionalIp(field: Field): Ip | undefined {
  const text = readScalarText(field);
  if (text === undefined || text === "") return undefined;
  return parseIp(text) ?? complainInvalid(field, "it is not an IP address", 'Write one address, such as "192.0.2.1"');
}

interface Timers {
  readonly holdTimeSeconds: number | undefined;
  readonly keepaliveTimeSeconds: number | undefined;
}

function readTimers(holdField: Field, keepaliveField: Field): Timers {
  const holdTimeSeconds = readSeconds(holdField);
  const keepaliveTimeSeconds = readSeconds(keepaliveField);
  const hold = holdTimeSeconds ?? DEFAULT_HOLD_SECONDS;
  if (hold > 0 && hold < MIN_HOLD_SECONDS)
    complainInvalid(
      holdField,
      `a hold time is 0 or at least ${MIN_HOLD_SECONDS} seconds`,
      'Write "0s" or "3s" or more',
    );
  else if (keepaliveTimeSeconds !== undefined && keepaliveTimeSeconds > hold)
    complainInvalid(keepaliveField, `it is longer than the hold time of ${hold} seconds`, `Write "${hold}s" or less`);
  return { holdTimeSeconds, keepaliveTimeSeconds };
}

/** Whole seconds, the rest cut off, as MetalLB does. */
function readSeconds(field: Field): number | undefined {
  const text = readScalarText(field);
  if (text === undefined || text === "") return undefined;
  const ms = parseGoDuration(text);
  if (ms !== undefined) return Math.floor(ms / 1_000);
  const fix = /^\d+$/.test(text) ? `Write "${text}s"` : 'Write a number and a unit, such as "90s" or "1m30s"';
  return complainInvalid(field, "it is not a duration", fix);
}

/** A password is never a part of a message. */
function readPassword(field: Field): string | undefined {
  const { value } = field;
  if (isUnset(field)) return undefined;
  const text = typeof value === "number" || typeof value === "boolean" ? spellingOf(field) : value;
  if (typeof text === "string" && !/[\r\n]/.test(text)) return text === "" ? undefined : text;
  const [why, fix] =
    typeof text === "string"
      ? ["it has a line break", "Write it in one line"]
      : ["it is not a text", "Write the password as one text in quotes"];
  return complain(field, "FIELD_INVALID", { what: "Cannot use the password", why, fix });
}

function readProfile(field: Field, profiles: ReadonlySet<string>): string | undefined {
  const name = readScalarText(field);
  if (name === undefined || name === "" || profiles.has(name)) return name === "" ? undefined : name;
  const meant = hasRoom(field) ? nearest(name, profiles) : undefined;
  const fix = meant === undefined ? "Write the profile under bfd-profiles, or remove this" : `Did you mean ${meant}?`;
  return complainInvalid(field, "bfd-profiles does not contain it", fix);
}

/** All that a peer says: two of the same text are the same session twice. */
function textOf(peer: Omit<BgpPeer, "name">): string {
  return JSON.stringify(peer, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
