import { hostname } from "node:os";
import { logLevels } from "#src/process/log.ts";
import { installationOptions, sourceOptions } from "#src/source/source-options.ts";

/** The speaker's options. */
export const speakerOptions = {
  ...sourceOptions,
  configMap: installationOptions.configMap,
  loadBalancerClass: {
    kind: "string",
    help: "Announce Services of exactly this class; by default those without a class. The controller's, too",
  },
  ignoreExcludeLb: {
    kind: "boolean",
    help: "Announce from nodes with the label node.kubernetes.io/exclude-from-external-load-balancers, too",
  },
  node: { kind: "string", default: hostname(), placeholder: "NAME", help: "Name of the Node this runs on" },
  heartbeatKeyFile: {
    kind: "string",
    required: true,
    placeholder: "FILE",
    help: "Keys for heartbeats, one a line: the first signs, all are accepted; the same on all nodes; read again by itself",
  },
  heartbeatPort: { kind: "number", default: 7946, min: 1, max: 65_535, help: "UDP port of the heartbeats" },
  heartbeatInterval: { kind: "number", default: 20, min: 5, max: 10_000, help: "Milliseconds between two heartbeats" },
  deadAfter: {
    kind: "number",
    default: 100,
    min: 15,
    max: 60_000,
    help: "Milliseconds of silence after which a speaker is dead; at least three intervals",
  },
  failBackAfter: {
    kind: "number",
    default: 0,
    min: 0,
    help: "Seconds a node must have lived before it gets the addresses back for which it ranks first; 0: never",
  },
  interfaces: {
    kind: "list",
    help: "Interfaces to use, for addresses of any network; by default every usable one, for those of its own networks",
  },
  adminAddress: { kind: "string", default: "0.0.0.0", help: "Address of /healthz, /readyz and /metrics" },
  adminPort: { kind: "number", default: 9121, min: 0, max: 65_535, help: "Port of /healthz, /readyz and /metrics" },
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Least severe level to log" },
} as const;

/** What the program has to hand its addresses over when it is told to end. */
export const LEAVE_DEADLINE_MS = 3_000;
