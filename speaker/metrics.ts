import { Counter, Gauge, type Registry } from "prom-client";
import type { Problem } from "#src/model/problem.ts";
import type { SpeakerCounters, SpeakerState } from "./messages.ts";
import { SPEAKER_METRIC_LABELS } from "./metric-labels.ts";

/** What /metrics shows of a speaker. */
export interface SpeakerMetrics {
  setState(state: SpeakerState): void;
  /** The Problems of this speaker itself. */
  setProblems(problems: readonly Problem[]): void;
  setCounters(counters: SpeakerCounters): void;
}

/** Counters of the worker with a label -> metric name, help, label name. */
const counted = {
  replies_sent: ["hawser_speaker_replies_total", "ARP replies and neighbor advertisements sent on request", "protocol"],
  frames_dropped: ["hawser_speaker_frames_dropped_total", "Frames not answered, by reason", "reason"],
  foreign_claims: [
    "hawser_speaker_foreign_claims_total",
    "Claims of other machines to addresses of this speaker, by protocol; those of members are normal when an address moves",
    "protocol",
  ],
  conflict_actions: [
    "hawser_speaker_conflict_actions_total",
    "What was done to find out who else has addresses of this speaker, and where another machine has them",
    "action",
  ],
  echoes: [
    "hawser_speaker_echoes_total",
    "Echo requests (ping) to announced addresses that reached this speaker (--answer-ping), by outcome: beyond the limit the kernel drops them, and they are not counted",
    "outcome",
  ],
  virtual_routers: [
    "hawser_speaker_virtual_router_frames_total",
    "Advertisements of virtual routers (VRRP, CARP) that this speaker heard, by outcome: beyond the limit the kernel drops them, and they are not counted",
    "outcome",
  ],
  takeovers: ["hawser_speaker_takeovers_total", "Rounds in which addresses came to this speaker, by cause", "cause"],
  heartbeats_sent: [
    "hawser_speaker_heartbeats_sent_total",
    "Heartbeats sent, to members that watch this speaker closely and to the others, and those of others that were passed on",
    "pace",
  ],
  heartbeats_received: ["hawser_speaker_heartbeats_received_total", "Authentic heartbeats, by effect", "effect"],
  heartbeats_refused: ["hawser_speaker_heartbeats_refused_total", "Datagrams refused, by fault", "fault"],
  socket_errors: ["hawser_speaker_socket_errors_total", "Failed packet socket calls, by errno", "errno"],
} as const;

/** Registers the speaker's metrics. */
export function createSpeakerMetrics(registry: Registry): SpeakerMetrics {
  const registers = [registry];
  const announced = new Gauge({
    name: "hawser_speaker_announced_addresses",
    help: "Addresses that this speaker announces now",
    registers,
  });
  const members = new Gauge({ name: "hawser_speaker_members", help: "Live speakers, this one included", registers });
  const unowned = new Gauge({
    name: "hawser_speaker_unowned_addresses",
    help: "Addresses no live speaker can serve",
    registers,
  });
  const unheard = new Gauge({
    name: "hawser_speaker_unheard_members",
    help: "Members that the cluster names and whose heartbeats are not heard, or that do not hear this speaker",
    registers,
  });
  const ineligible = new Gauge({
    name: "hawser_speaker_ineligible_addresses",
    help: "Wanted addresses for which this speaker is not a candidate, by reason",
    labelNames: ["reason"],
    registers,
  });
  const rounds = new Counter({
    name: "hawser_speaker_announcements_total",
    help: "Gratuitous announcement rounds sent",
    registers,
  });
  let lastRounds = 0;
  const problems = new Gauge({
    name: "hawser_speaker_problems",
    help: "Problems of this speaker itself, by code (docs/errors.md); those of objects are in its log alone",
    labelNames: ["code"],
    registers,
  });
  const series = new Map(
    Object.entries(counted).map(([name, [metric, help, label]]) => {
      const counter = new Counter({ name: metric, help, labelNames: [label], registers });
      // From the start, so that an alert by increase() sees the first event.
      for (const value of valuesOf(metric, label)) counter.inc({ [label]: value }, 0);
      return [name, { label, counter, last: new Map<string, number>() }];
    }),
  );
  return {
    setState(state) {
      announced.set(state.announced);
      members.set(state.members.length);
      unowned.set(state.unownedCount);
      unheard.set(state.unheard.length);
      ineligible.reset();
      for (const [reason, count] of Object.entries(state.ineligible)) ineligible.set({ reason }, count);
    },
    setProblems(found) {
      problems.reset();
      for (const { code } of found) problems.inc({ code });
    },
    setCounters({ announcementRounds, labelled }) {
      rounds.inc(announcementRounds - lastRounds);
      lastRounds = announcementRounds;
      for (const [name, byLabel] of Object.entries(labelled)) {
        const one = series.get(name);
        if (one === undefined) continue;
        for (const [value, total] of Object.entries(byLabel)) {
          one.counter.inc({ [one.label]: value }, total - (one.last.get(value) ?? 0));
          one.last.set(value, total);
        }
      }
    },
  };
}

/** The values of a label, where they are a closed set. */
function valuesOf(metric: string, label: string): readonly string[] {
  const values = SPEAKER_METRIC_LABELS[metric]?.[label];
  return Array.isArray(values) ? values : [];
}
