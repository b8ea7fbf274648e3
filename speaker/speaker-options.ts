import { hostname } from "node:os";
import { whyNoSelector } from "#src/model/takes-interface.ts";
import { adminOptions, classOptions, logOptions } from "#src/process/option-groups.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { metricsTlsOptions } from "#src/source/open-metrics-tls.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";

/** The speaker's options. */
export const speakerOptions = {
  ...sourceOptions,
  ...installationOptions,
  ...classOptions("Announce", "controller"),
  ignoreExcludeLb: {
    kind: "boolean",
    help: "Also announce from nodes with the label node.kubernetes.io/exclude-from-external-load-balancers",
  },
  node: { kind: "string", default: hostname(), placeholder: "NAME", help: "Name of the Node this runs on" },
  heartbeatKeyFile: {
    kind: "string",
    required: true,
    placeholder: "FILE",
    help: "File of heartbeat keys, one per line: the first signs, any is accepted. Must be the same on every node. Reloaded when it changes",
  },
  heartbeatPort: { kind: "number", default: 7946, min: 1, max: 65_535, help: "UDP port of the heartbeats" },
  heartbeatInterval: { kind: "number", default: 10, min: 5, max: 10_000, help: "Milliseconds between two heartbeats" },
  deadAfter: {
    kind: "number",
    default: 100,
    min: 15,
    max: 60_000,
    help: "Milliseconds of silence after which a speaker counts as dead where its node's kernel cannot be asked; two and a half times as long while that answers, four intervals where it does not. At least three intervals",
  },
  failBackAfter: {
    kind: "number",
    default: 300,
    min: 0,
    max: 604_800,
    help: "Seconds without a change among the speakers after which addresses are spread evenly over the nodes, a few a second; 0: only by hawser rebalance",
  },
  failBackWindow: {
    kind: "string",
    placeholder: "HH:MM-HH:MM",
    help: "Time of the day in UTC, also over midnight, in which addresses are spread as --fail-back-after says; hawser rebalance is not bound to it. Must be the same on every node. Default: at any time",
  },
  keepConnections: {
    kind: "number",
    default: 0,
    min: 0,
    max: 604_800,
    help: "Seconds for which open TCP connections are kept after an address moved from a node that lives; needs CAP_NET_ADMIN. 0: they end",
  },
  answerPing: {
    kind: "boolean",
    help: "Answer echo requests (ping) to the addresses that this speaker announces, 1,000 a second on each interface; needs CAP_NET_ADMIN",
  },
  interfaces: {
    kind: "list",
    help: "Announce on these interfaces only: by name, also addresses that are in no network of the node; by pattern (eth*, !eth9) or network (192.0.2.0/24), addresses in their own networks. Default: every usable interface, for addresses in its networks",
    whyBad: whyNoSelector,
  },
  ...adminOptions(9121, "/healthz, /readyz and /metrics"),
  ...metricsTlsOptions,
  ...logOptions,
} as const satisfies OptionSpecs;

/** How long the program may take to hand its addresses over when it is asked to end. */
export const LEAVE_DEADLINE_MS = 3_000;
