import type { Board } from "./board.ts";
import { lines, quantiles, RATE, stat } from "./panels.ts";
import { programRow } from "./program-row.ts";

/** Series of the controllers and speakers of the chosen installation; of speakers, those that are chosen. */
const ALL = '{namespace=~"$namespace"}';
const SPEAKERS = '{namespace=~"$namespace", pod=~"$pod"}';

/** Addresses: pools, Services, speakers. */
export const ADDRESS_BOARD: Board = {
  uid: "hawser-addresses",
  title: "Hawser addresses",
  variables: [
    { name: "namespace", label: "Installation", metric: "hawser_build_info", of: "namespace" },
    { name: "pod", label: "Speaker", metric: `hawser_speaker_members${ALL}`, of: "pod" },
  ],
  rows: [
    {
      title: "Now",
      panels: [
        stat(
          "Addresses without a node",
          "Addresses that no live speaker can announce. Clients do not reach them.",
          `max(hawser_speaker_unowned_addresses${ALL})`,
          { redFrom: 1 },
        ),
        stat(
          "Services that wait",
          "Services of type LoadBalancer without an address; their condition says why.",
          'max(hawser_services{state="pending", namespace=~"$namespace"})',
          { redFrom: 1 },
        ),
        stat(
          "Addresses with two nodes",
          "Addresses that two speakers announce, by their reports.",
          `max(hawser_contested_addresses${ALL})`,
          { redFrom: 1 },
        ),
        stat(
          "Members not heard",
          "The most members that one speaker does not hear.",
          `max(hawser_speaker_unheard_members${ALL})`,
          { redFrom: 1 },
        ),
        stat("Leaders", "Controllers that lead: one.", `sum(hawser_controller_leader${ALL})`, { redBelow: 1 }),
        stat(
          "Configuration stale",
          "1 while the configuration cannot be used and the last good one stays in use.",
          `max(hawser_config_stale${ALL})`,
          { redFrom: 1 },
        ),
      ],
    },
    {
      title: "Pools and Services",
      panels: [
        {
          title: "Pools in use",
          description: "Part of the addresses of each pool that is in use.",
          type: "bargauge",
          unit: "percentunit",
          width: 8,
          redFrom: 0.9,
          queries: [
            {
              expr: `max by (pool, family) (hawser_pool_addresses_in_use${ALL} / (hawser_pool_addresses${ALL} > 0))`,
              legend: "{{pool}} {{family}}",
            },
          ],
        },
        lines(
          {
            title: "Free addresses",
            description: "Addresses that a pool may assign and that are not in use.",
            unit: "short",
          },
          [`min by (pool, family) (hawser_pool_addresses_free${ALL})`, "{{pool}} {{family}}"],
        ),
        lines(
          {
            title: "Orphaned and resting addresses",
            description:
              "Orphaned ones are in use and in no pool; resting ones are kept for the Services that had them.",
            unit: "short",
          },
          [`max by (pool, family) (hawser_pool_addresses_orphaned${ALL})`, "orphaned {{pool}} {{family}}"],
          [`max by (pool, family) (hawser_pool_addresses_resting${ALL})`, "resting {{pool}} {{family}}"],
        ),
        lines(
          {
            title: "Services by state",
            description: "Ignored ones are of another provider, or are to have no address.",
            unit: "short",
            isStacked: true,
          },
          [`max by (state) (hawser_services${ALL})`, "{{state}}"],
        ),
        lines(
          { title: "Assignments", description: "Statuses written with other addresses than before.", unit: "short" },
          [`sum(increase(hawser_assignments_total${ALL}${RATE}))`, "written"],
        ),
        lines(
          {
            title: "Time to decide",
            description: "How long the controller takes to look at what changed and to decide.",
            unit: "s",
          },
          ...quantiles([0.5, 0.99], `hawser_plan_seconds_bucket${ALL}`),
        ),
      ],
    },
    {
      title: "Speakers",
      panels: [
        lines(
          {
            title: "Announced addresses",
            description: "By node. A step between two nodes is a takeover.",
            unit: "short",
            isStacked: true,
          },
          [`sum by (node) (hawser_speaker_announced_addresses${SPEAKERS})`, "{{node}}"],
        ),
        lines(
          {
            title: "Takeovers",
            description:
              "Rounds in which addresses came to a speaker. MemberSilent while no node fails: members are taken for dead.",
            unit: "short",
          },
          [`sum by (cause) (increase(hawser_speaker_takeovers_total${SPEAKERS}${RATE}))`, "{{cause}}"],
        ),
        lines(
          {
            title: "Members",
            description: "How many live speakers each one knows, itself included, and how many it does not hear.",
            unit: "short",
          },
          [`sum by (node) (hawser_speaker_members${SPEAKERS})`, "{{node}}"],
          [`sum by (node) (hawser_speaker_unheard_members${SPEAKERS}) > 0`, "{{node}} does not hear"],
        ),
        lines(
          {
            title: "Replies",
            description:
              "ARP replies and neighbor advertisements that were asked for; and, with --answer-ping, what became of pings.",
          },
          [`sum by (node, protocol) (rate(hawser_speaker_replies_total${SPEAKERS}${RATE}))`, "{{node}} {{protocol}}"],
          [`sum by (outcome) (rate(hawser_speaker_echoes_total${SPEAKERS}${RATE}))`, "ping: {{outcome}}"],
        ),
        lines(
          {
            title: "Frames not answered",
            description: "By reason; not-announced are requests for addresses of other machines, and are normal.",
          },
          [`sum by (reason) (rate(hawser_speaker_frames_dropped_total${SPEAKERS}${RATE}))`, "{{reason}}"],
        ),
        lines(
          {
            title: "Conflicts on the wire",
            description:
              "What speakers do to find out who else has their addresses (probe, normal), and where another machine has one; claims that they hear; and virtual routers (VRRP, CARP), of any addresses.",
          },
          [`sum by (action) (rate(hawser_speaker_conflict_actions_total${SPEAKERS}${RATE}))`, "{{action}}"],
          [`sum by (protocol) (rate(hawser_speaker_foreign_claims_total${SPEAKERS}${RATE}))`, "claims by {{protocol}}"],
          [
            `sum by (outcome) (rate(hawser_speaker_virtual_router_frames_total${SPEAKERS}${RATE}))`,
            "virtual routers: {{outcome}}",
          ],
        ),
        lines(
          {
            title: "Why speakers are not candidates",
            description: "Addresses for which a speaker is not a candidate, by reason.",
            unit: "short",
          },
          [`sum by (node, reason) (hawser_speaker_ineligible_addresses${SPEAKERS})`, "{{node}} {{reason}}"],
        ),
        lines(
          {
            title: "Heartbeats",
            description: "Authentic heartbeats by effect, refused datagrams by fault, and what is sent, by pace.",
          },
          [`sum by (effect) (rate(hawser_speaker_heartbeats_received_total${SPEAKERS}${RATE}))`, "{{effect}}"],
          [`sum by (fault) (rate(hawser_speaker_heartbeats_refused_total${SPEAKERS}${RATE}))`, "refused: {{fault}}"],
          [`sum by (pace) (rate(hawser_speaker_heartbeats_sent_total${SPEAKERS}${RATE}))`, "sent: {{pace}}"],
        ),
        lines(
          {
            title: "Announcements and failed calls",
            description: "Rounds of gratuitous announcements, and calls of packet sockets that failed.",
            unit: "short",
          },
          [`sum by (node) (increase(hawser_speaker_announcements_total${SPEAKERS}${RATE}))`, "{{node}}"],
          [
            `sum by (node, errno) (increase(hawser_speaker_socket_errors_total${SPEAKERS}${RATE}))`,
            "{{node}} errno {{errno}}",
          ],
        ),
        {
          title: "Problems of speakers",
          description: "By code; docs/errors.md has each with its solution.",
          type: "table",
          unit: "short",
          width: 8,
          queries: [{ expr: `sum by (node, code) (hawser_speaker_problems${SPEAKERS}) > 0`, legend: "" }],
        },
      ],
    },
    programRow("controller|speaker"),
  ],
};
