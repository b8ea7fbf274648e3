import type { IneligibleReason } from "#src/election/member.ts";
import { type ConflictAction, conflictActions } from "#src/layer2/conflict.ts";
import { type DropReason, dropReasons } from "#src/layer2/drop-reason.ts";
import { GAIN_CAUSES, type GainCause } from "#src/model/takeover.ts";
import { membersOf, type MetricLabels } from "#src/process/metric-labels.ts";
import type { HeartbeatFault } from "#src/wire/heartbeat.ts";
import type { HeartbeatEffect } from "#src/election/membership.ts";
import { type EchoOutcome, echoOutcomes } from "./echo-answers.ts";
import { type RouterOutcome, routerOutcomes } from "./router-listener.ts";

/** The protocols that questions for an address come in. */
const PROTOCOLS = ["arp", "ndp"] as const;

/** To members that watch this speaker, to the others, and those of others that are passed on. */
const PACES = ["close", "slow", "relay"] as const;

/** The worker's counters with a label, and the values of that label. */
export interface CounterLabels {
  readonly replies_sent: (typeof PROTOCOLS)[number];
  readonly frames_dropped: DropReason;
  readonly foreign_claims: (typeof PROTOCOLS)[number];
  readonly conflict_actions: ConflictAction;
  readonly echoes: EchoOutcome;
  readonly virtual_routers: RouterOutcome;
  readonly takeovers: GainCause;
  readonly heartbeats_sent: (typeof PACES)[number];
  readonly heartbeats_received: HeartbeatEffect;
  readonly heartbeats_refused: HeartbeatFault;
  /** Numbers of the kernel's errors. */
  readonly socket_errors: string;
}

const effects = membersOf<HeartbeatEffect>({
  changed: true,
  claimed: true,
  unchanged: true,
  stale: true,
  "unknown-node": true,
});

const faults = membersOf<HeartbeatFault>({ short: true, magic: true, version: true, tag: true, malformed: true });

const ineligibilities = membersOf<IneligibleReason>({
  NodeAddress: true,
  MemberAddress: true,
  GatewayAddress: true,
  ReservedAddress: true,
  NotOurs: true,
  NotReady: true,
  Leaving: true,
  NodeUnknown: true,
  NodeExcluded: true,
  NetworkUnavailable: true,
  NotAdvertised: true,
  NodeNotSelected: true,
  NoEndpoint: true,
  NoSubnet: true,
  NoInterface: true,
  NodeDraining: true,
  NodeNotReady: true,
  EndpointTerminating: true,
});

/** The labels of the speaker's metrics. */
export const SPEAKER_METRIC_LABELS: MetricLabels = {
  hawser_speaker_ineligible_addresses: { reason: ineligibilities },
  hawser_speaker_problems: { code: "codes of docs/errors.md" },
  hawser_speaker_replies_total: { protocol: PROTOCOLS },
  hawser_speaker_frames_dropped_total: { reason: dropReasons },
  hawser_speaker_foreign_claims_total: { protocol: PROTOCOLS },
  hawser_speaker_conflict_actions_total: { action: conflictActions },
  hawser_speaker_echoes_total: { outcome: echoOutcomes },
  hawser_speaker_virtual_router_frames_total: { outcome: routerOutcomes },
  hawser_speaker_takeovers_total: { cause: GAIN_CAUSES },
  hawser_speaker_heartbeats_sent_total: { pace: PACES },
  hawser_speaker_heartbeats_received_total: { effect: effects },
  hawser_speaker_heartbeats_refused_total: { fault: faults },
  hawser_speaker_socket_errors_total: { errno: "numbers of Linux's errors" },
};
