import type { Board } from "./board.ts";
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
        {
          title: "Addresses without a node",
          description: "Addresses that no live speaker can announce. Clients do not reach them.",
          type: "stat",
          unit: "short",
          width: 4,
          redFrom: 1,
          queries: [{ expr: `max(hawser_speaker_unowned_addresses${ALL})`, legend: "" }],
        },
        {
          title: "Services that wait",
          description: "Services of type LoadBalancer without an address; their condition says why.",
          type: "stat",
          unit: "short",
          width: 4,
          redFrom: 1,
          queries: [{ expr: 'max(hawser_services{state="pending", namespace=~"$namespace"})', legend: "" }],
        },
        {
          title: "Addresses with two nodes",
          description: "Addresses that two speakers announce, by their reports.",
          type: "stat",
          unit: "short",
          width: 4,
          redFrom: 1,
          queries: [{ expr: `max(hawser_contested_addresses${ALL})`, legend: "" }],
        },
        {
          title: "Members not heard",
          description: "The most members that one speaker does not hear.",
          type: "stat",
          unit: "short",
          width: 4,
          redFrom: 1,
          queries: [{ expr: `max(hawser_speaker_unheard_members${ALL})`, legend: "" }],
        },
        {
          title: "Leaders",
          description: "Controllers that lead: one.",
          type: "stat",
          unit: "short",
          width: 4,
          redBelow: 1,
          queries: [{ expr: `sum(hawser_controller_leader${ALL})`, legend: "" }],
        },
        {
          title: "Configuration stale",
          description: "1 while the configuration cannot be used and the last good one stays in use.",
          type: "stat",
          unit: "short",
          width: 4,
          redFrom: 1,
          queries: [{ expr: `max(hawser_config_stale${ALL})`, legend: "" }],
        },
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
        {
          title: "Free addresses",
          description: "Addresses that a pool may assign and that are not in use.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [
            { expr: `min by (pool, family) (hawser_pool_addresses_free${ALL})`, legend: "{{pool}} {{family}}" },
          ],
        },
        {
          title: "Orphaned and resting addresses",
          description: "Orphaned ones are in use and in no pool; resting ones are kept for the Services that had them.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: `max by (pool, family) (hawser_pool_addresses_orphaned${ALL})`,
              legend: "orphaned {{pool}} {{family}}",
            },
            {
              expr: `max by (pool, family) (hawser_pool_addresses_resting${ALL})`,
              legend: "resting {{pool}} {{family}}",
            },
          ],
        },
        {
          title: "Services by state",
          description: "Ignored ones are of another provider, or are to have no address.",
          type: "timeseries",
          unit: "short",
          width: 8,
          isStacked: true,
          queries: [{ expr: `max by (state) (hawser_services${ALL})`, legend: "{{state}}" }],
        },
        {
          title: "Assignments",
          description: "Statuses written with other addresses than before.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [{ expr: `sum(increase(hawser_assignments_total${ALL}[$__rate_interval]))`, legend: "written" }],
        },
        {
          title: "Time to decide",
          description: "How long the controller takes to look at what changed and to decide.",
          type: "timeseries",
          unit: "s",
          width: 8,
          queries: [0.5, 0.99].map((part) => ({
            expr: `histogram_quantile(${part}, sum by (le) (rate(hawser_plan_seconds_bucket${ALL}[$__rate_interval])))`,
            legend: `p${part * 100}`,
          })),
        },
      ],
    },
    {
      title: "Speakers",
      panels: [
        {
          title: "Announced addresses",
          description: "By node. A step between two nodes is a takeover.",
          type: "timeseries",
          unit: "short",
          width: 8,
          isStacked: true,
          queries: [{ expr: `sum by (node) (hawser_speaker_announced_addresses${SPEAKERS})`, legend: "{{node}}" }],
        },
        {
          title: "Takeovers",
          description:
            "Rounds in which addresses came to a speaker. MemberSilent while no node fails: members are taken for dead.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: `sum by (cause) (increase(hawser_speaker_takeovers_total${SPEAKERS}[$__rate_interval]))`,
              legend: "{{cause}}",
            },
          ],
        },
        {
          title: "Members",
          description: "How many live speakers each one knows, itself included, and how many it does not hear.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [
            { expr: `sum by (node) (hawser_speaker_members${SPEAKERS})`, legend: "{{node}}" },
            { expr: `sum by (node) (hawser_speaker_unheard_members${SPEAKERS}) > 0`, legend: "{{node}} does not hear" },
          ],
        },
        {
          title: "Replies",
          description: "ARP replies and neighbor advertisements that were asked for.",
          type: "timeseries",
          unit: "cps",
          width: 8,
          queries: [
            {
              expr: `sum by (node, protocol) (rate(hawser_speaker_replies_total${SPEAKERS}[$__rate_interval]))`,
              legend: "{{node}} {{protocol}}",
            },
          ],
        },
        {
          title: "Frames not answered",
          description: "By reason; not-announced are requests for addresses of other machines, and are normal.",
          type: "timeseries",
          unit: "cps",
          width: 8,
          queries: [
            {
              expr: `sum by (reason) (rate(hawser_speaker_frames_dropped_total${SPEAKERS}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        },
        {
          title: "Why speakers are not candidates",
          description: "Addresses for which a speaker is not a candidate, by reason.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: `sum by (node, reason) (hawser_speaker_ineligible_addresses${SPEAKERS})`,
              legend: "{{node}} {{reason}}",
            },
          ],
        },
        {
          title: "Heartbeats",
          description: "Authentic heartbeats by effect, refused datagrams by fault, and what is sent, by pace.",
          type: "timeseries",
          unit: "cps",
          width: 8,
          queries: [
            {
              expr: `sum by (effect) (rate(hawser_speaker_heartbeats_received_total${SPEAKERS}[$__rate_interval]))`,
              legend: "{{effect}}",
            },
            {
              expr: `sum by (fault) (rate(hawser_speaker_heartbeats_refused_total${SPEAKERS}[$__rate_interval]))`,
              legend: "refused: {{fault}}",
            },
            {
              expr: `sum by (pace) (rate(hawser_speaker_heartbeats_sent_total${SPEAKERS}[$__rate_interval]))`,
              legend: "sent: {{pace}}",
            },
          ],
        },
        {
          title: "Announcements and failed calls",
          description: "Rounds of gratuitous announcements, and calls of packet sockets that failed.",
          type: "timeseries",
          unit: "short",
          width: 8,
          queries: [
            {
              expr: `sum by (node) (increase(hawser_speaker_announcements_total${SPEAKERS}[$__rate_interval]))`,
              legend: "{{node}}",
            },
            {
              expr: `sum by (node, errno) (increase(hawser_speaker_socket_errors_total${SPEAKERS}[$__rate_interval]))`,
              legend: "{{node}} errno {{errno}}",
            },
          ],
        },
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
