import type { AlertCase } from "./alert-case.ts";
import { controller, speaker, targetLabels, type TargetSeries } from "./target-series.ts";

const edge = { pool: "edge", family: "ipv4" };

/** Free addresses of a pool of this size, which it has for so many values. */
const pool = (size: number, free: string, values = 20): readonly TargetSeries[] => [
  controller(1)("hawser_pool_addresses", `${size}x${values}`, edge),
  controller(1)("hawser_pool_addresses_free", free, edge),
];

/** Two speakers, or the one of n1 alone, which hear so many others and not others. */
const speakers = (seen: 1 | 2, members: number, unheard: string): readonly TargetSeries[] =>
  Array.from({ length: seen }, (_, index) => speaker(index + 1)).flatMap((series) => [
    series("hawser_speaker_members", `${members}x20`),
    series("hawser_speaker_unheard_members", unheard),
  ]);

/** The cases of addresses, speakers and the controller. */
export const ADDRESS_CASES: readonly AlertCase[] = [
  {
    alert: "HawserAddressUnserved",
    what: "two speakers say that two addresses have no owner",
    at: "6m",
    series: [
      speaker(1)("hawser_speaker_unowned_addresses", "2x10"),
      speaker(2)("hawser_speaker_unowned_addresses", "2x10"),
    ],
    fires: { labels: {}, says: "2 addresses are announced by no node: clients do not reach their Services." },
  },
  {
    alert: "HawserAddressUnserved",
    what: "an address has no owner for the three minutes of a restart",
    at: "10m",
    series: [speaker(1)("hawser_speaker_unowned_addresses", "0 1 1 1 0 0 0 0 0 0 0")],
  },
  {
    alert: "HawserServiceWithoutAddress",
    what: "a Service waits",
    at: "11m",
    series: [
      controller(1)("hawser_services", "1x15", { state: "pending" }),
      controller(1)("hawser_services", "40x15", { state: "assigned" }),
    ],
    fires: {
      labels: { state: "pending" },
      says: "1 Services of type LoadBalancer have no address (state pending). The condition of each says why.",
    },
  },
  {
    alert: "HawserServiceWithoutAddress",
    what: "Services are served, and those of others are ignored",
    at: "15m",
    series: [
      controller(1)("hawser_services", "0x15", { state: "pending" }),
      controller(1)("hawser_services", "3x15", { state: "ignored" }),
    ],
  },
  {
    alert: "HawserPoolFull",
    what: "a pool of eight has none free",
    at: "15m",
    series: pool(8, "0x20"),
    fires: { labels: edge, says: "The pool edge has no free address (ipv4): the next Service that needs one waits." },
  },
  { alert: "HawserPoolFull", what: "one is free", at: "15m", series: pool(8, "1x20") },
  { alert: "HawserPoolFull", what: "the pool is one address, for one Service", at: "15m", series: pool(1, "0x20") },
  {
    alert: "HawserPoolFullSoon",
    what: "five of the last 15 go each hour",
    at: "26h",
    every: "15m",
    series: pool(40, "35-0.225x104", 104),
    fires: {
      labels: edge,
      says: "As the last day went on, the pool edge has no free address (ipv4) within three days.",
    },
  },
  {
    alert: "HawserPoolFullSoon",
    what: "nothing changes",
    at: "26h",
    every: "15m",
    series: pool(40, "10x104", 104),
  },
  {
    alert: "HawserPoolFullSoon",
    what: "a new pool is filled, and more than half is free",
    at: "26h",
    every: "15m",
    series: pool(400, "400-1.5x104", 104),
  },
  {
    alert: "HawserAddressesOrphaned",
    what: "two addresses of a pool that is smaller now",
    at: "61m",
    series: [controller(1)("hawser_pool_addresses_orphaned", "2x70", edge)],
    fires: {
      labels: edge,
      says: '2 addresses (ipv4) are served, but no pool contains them any longer (they were of the pool "edge").',
    },
  },
  {
    alert: "HawserAddressesOrphaned",
    what: "they leave within half an hour",
    at: "61m",
    series: [controller(1)("hawser_pool_addresses_orphaned", "2x30 0x40", edge)],
  },
  {
    alert: "HawserAddressContested",
    what: "the leader sees two owners, the replica on standby shows none",
    at: "3m",
    series: [controller(1)("hawser_contested_addresses", "1x5"), controller(2)("hawser_contested_addresses", "0x5")],
    fires: {
      labels: {},
      says: "1 addresses are announced by two nodes at once: connections to them break off and on.",
    },
  },
  {
    alert: "HawserAddressContested",
    what: "a handover is seen once",
    at: "3m",
    series: [controller(1)("hawser_contested_addresses", "0 0 1 0 0 0")],
  },
  {
    alert: "HawserAddressHasTwoOwners",
    what: "a printer has an address of a pool",
    at: "3m",
    series: [speaker(1)("hawser_speaker_problems", "1x5", { code: "ADDRESS_HAS_TWO_OWNERS" })],
    fires: {
      labels: { ...targetLabels("speaker", 1), code: "ADDRESS_HAS_TWO_OWNERS" },
      says: "The speaker 192.0.2.1:9121 reports ADDRESS_HAS_TWO_OWNERS: its addresses are answered for by another machine, too.",
    },
  },
  {
    alert: "HawserAddressHasTwoOwners",
    what: "another problem",
    at: "3m",
    series: [speaker(1)("hawser_speaker_problems", "1x5", { code: "PACKET_SOCKET_REFUSED" })],
  },
  {
    alert: "HawserMemberMissing",
    what: "n1 hears itself alone, and Prometheus sees no speaker of n2",
    at: "6m",
    series: speakers(1, 1, "1x20"),
    fires: {
      labels: {},
      says: "1 speakers do not run, or cannot be reached: their nodes announce nothing.",
    },
  },
  { alert: "HawserMemberMissing", what: "both run", at: "6m", series: speakers(2, 2, "0x20") },
  {
    alert: "HawserMemberMissing",
    what: "both run and do not hear each other: another alert",
    at: "6m",
    series: speakers(2, 1, "1x20"),
  },
  {
    alert: "HawserHeartbeatsBlocked",
    what: "both run and do not hear each other",
    at: "3m",
    series: speakers(2, 1, "1x20"),
    fires: {
      labels: {},
      says: "A speaker does not hear 1 others that run. Each takes the other for dead, so both may announce the same addresses.",
    },
  },
  {
    alert: "HawserHeartbeatsBlocked",
    what: "n2 does not hear n1, which hears n2 and that it does not",
    at: "3m",
    series: [
      speaker(1)("hawser_speaker_members", "2x20"),
      speaker(1)("hawser_speaker_unheard_members", "1x20"),
      speaker(2)("hawser_speaker_members", "1x20"),
      speaker(2)("hawser_speaker_unheard_members", "1x20"),
    ],
    fires: {
      labels: {},
      says: "A speaker does not hear 1 others that run. Each takes the other for dead, so both may announce the same addresses.",
    },
  },
  { alert: "HawserHeartbeatsBlocked", what: "one of two does not run", at: "3m", series: speakers(1, 1, "1x20") },
  { alert: "HawserHeartbeatsBlocked", what: "a restart", at: "6m", series: speakers(2, 2, "0 1 1 0 0 0 0 0") },
  {
    alert: "HawserHeartbeatsRefused",
    what: "a datagram a second has a wrong tag",
    at: "15m",
    series: [speaker(1)("hawser_speaker_heartbeats_refused_total", "0+60x20", { fault: "tag" })],
    fires: {
      labels: { ...targetLabels("speaker", 1), fault: "tag" },
      says: "The speaker 192.0.2.1:9121 refuses heartbeats (tag): a key differs between nodes, or a stranger sends them.",
    },
  },
  {
    alert: "HawserHeartbeatsRefused",
    what: "a key was changed three minutes long",
    at: "15m",
    series: [speaker(1)("hawser_speaker_heartbeats_refused_total", "0+60x3 180x20", { fault: "tag" })],
  },
  {
    alert: "HawserTakeoversTooOften",
    what: "one each ten minutes",
    at: "70m",
    series: [
      speaker(1)("hawser_speaker_takeovers_total", "0x9 1x9 2x9 3x9 4x9 5x9 6x9 7x9", { cause: "MemberSilent" }),
    ],
    fires: {
      labels: targetLabels("speaker", 1),
      says: "The speaker 192.0.2.1:9121 took addresses over 6 times within an hour from nodes that fell silent, or that announced them, too.",
    },
  },
  {
    alert: "HawserTakeoversTooOften",
    what: "a node failed, and nodes were drained",
    at: "70m",
    series: [
      speaker(1)("hawser_speaker_takeovers_total", "0x9 1x70", { cause: "MemberSilent" }),
      speaker(1)("hawser_speaker_takeovers_total", "0+1x80", { cause: "MemberLeft" }),
    ],
  },
  {
    alert: "HawserSpeakerProblem",
    what: "no packet socket",
    at: "6m",
    series: [speaker(1)("hawser_speaker_problems", "1x10", { code: "PACKET_SOCKET_REFUSED" })],
    fires: {
      labels: { ...targetLabels("speaker", 1), code: "PACKET_SOCKET_REFUSED" },
      says: "The speaker 192.0.2.1:9121 reports PACKET_SOCKET_REFUSED. Its log says what to fix.",
    },
  },
  {
    alert: "HawserSpeakerProblem",
    what: "a problem that has an alert of its own",
    at: "6m",
    series: [speaker(1)("hawser_speaker_problems", "1x10", { code: "HEARTBEATS_NOT_HEARD" })],
  },
  {
    alert: "HawserControllerWithoutLeader",
    what: "both are on standby",
    at: "3m",
    series: [controller(1)("hawser_controller_leader", "0x5"), controller(2)("hawser_controller_leader", "0x5")],
    fires: {
      labels: {},
      says: "No controller leads, or Prometheus sees none: no Service gets an address, and no status is written.",
    },
  },
  {
    alert: "HawserControllerWithoutLeader",
    what: "there is none",
    at: "3m",
    series: [],
    fires: {
      labels: {},
      says: "No controller leads, or Prometheus sees none: no Service gets an address, and no status is written.",
    },
  },
  {
    alert: "HawserControllerWithoutLeader",
    what: "the lead changes hands",
    at: "3m",
    series: [
      controller(1)("hawser_controller_leader", "1 1 0 0 0 0"),
      controller(2)("hawser_controller_leader", "0 0 0 1 1 1"),
    ],
  },
  {
    alert: "HawserConfigStale",
    what: "the ConfigMap is broken",
    at: "6m",
    series: [controller(1)("hawser_config_stale", "1x10")],
    fires: {
      labels: {},
      says: "The configuration cannot be used. Addresses are served as before; changes of pools have no effect.",
    },
  },
  {
    alert: "HawserConfigStale",
    what: "it is fixed after two minutes",
    at: "6m",
    series: [controller(1)("hawser_config_stale", "0 1 1 0 0 0 0")],
  },
  {
    alert: "HawserConfigMissing",
    what: "a leader without pools",
    at: "11m",
    series: [controller(1)("hawser_controller_leader", "1x20")],
    fires: {
      labels: {},
      says: "No configuration with a pool was loaded since the controller started: no Service gets an address.",
    },
  },
  {
    alert: "HawserConfigMissing",
    what: "a leader with a pool",
    at: "11m",
    series: [controller(1)("hawser_controller_leader", "1x20"), ...pool(8, "8x20")],
  },
];
