import type { Alert } from "./alert.ts";

/** Speakers that Prometheus sees, and those that the speakers know of: where the first are fewer, one does not run. */
const SEEN = "count(hawser_speaker_members)";
/** A member that lives and does not hear a speaker is in both of its counts. */
const KNOWN = "min(hawser_speaker_members + hawser_speaker_unheard_members)";

/** Alerts about speakers and what they hear of each other. */
export const SPEAKER_ALERTS: readonly Alert[] = [
  {
    name: "HawserMemberMissing",
    severity: "warning",
    expr: `max(hawser_speaker_unheard_members) > 0
and ${SEEN} < ${KNOWN}`,
    for: "5m",
    summary: "A speaker that the cluster names is not heard, and Prometheus does not see it.",
    description: "{{ $value }} speakers do not run, or cannot be reached: their nodes announce nothing.",
  },
  {
    name: "HawserHeartbeatsBlocked",
    severity: "critical",
    expr: `max(hawser_speaker_unheard_members) > 0
and ${SEEN} >= ${KNOWN}`,
    for: "2m",
    summary: "Speakers run and do not hear each other.",
    description:
      "A speaker does not hear {{ $value }} others that run. Each takes the other for dead, so both may announce the same addresses.",
  },
  {
    name: "HawserHeartbeatsRefused",
    severity: "warning",
    expr: "rate(hawser_speaker_heartbeats_refused_total[5m]) > 0",
    for: "10m",
    summary: "A speaker refuses datagrams on its heartbeat port.",
    description:
      "The speaker {{ $labels.instance }} refuses heartbeats ({{ $labels.fault }}): a key differs between nodes, or a stranger sends them.",
  },
  {
    name: "HawserTakeoversTooOften",
    severity: "warning",
    expr: 'sum without (cause) (increase(hawser_speaker_takeovers_total{cause=~"MemberSilent|Conflict"}[1h])) > 3',
    summary: "Addresses move between nodes again and again.",
    description:
      'The speaker {{ $labels.instance }} took addresses over {{ printf "%.0f" $value }} times within an hour from nodes that fell silent, or that announced them, too.',
  },
  {
    name: "HawserSpeakerProblem",
    severity: "warning",
    // Those left out have alerts of their own.
    expr: 'hawser_speaker_problems{code!~"ADDRESS_HAS_TWO_OWNERS|ADDRESS_ON_LOCAL_INTERFACE|HEARTBEATS_NOT_HEARD"} > 0',
    for: "5m",
    summary: "A speaker reports a problem of its own.",
    description: "The speaker {{ $labels.instance }} reports {{ $labels.code }}. Its log says what to fix.",
  },
];
