import { JUDGE, secondsWithin } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

/** Keys about how nginx works inside. */
export const INTERNAL_KEYS: readonly NginxSetting[] = [
  {
    names: ["worker-shutdown-timeout"],
    judge: JUDGE.option(
      "--drain-timeout",
      secondsWithin(0, 3_600),
      "The pods need as long to end: terminationGracePeriodSeconds",
    ),
  },
  {
    names: [
      "worker-processes",
      "worker-cpu-affinity",
      "worker-serial-reloads",
      "enable-serial-reloads",
      "max-worker-connections",
      "max-worker-open-files",
      "enable-multi-accept",
      "enable-aio-write",
      "reuse-port",
      "debug-connections",
      "default-type",
      "plugins",
      "map-hash-bucket-size",
      "server-name-hash-*",
      "proxy-headers-hash-*",
      "variables-hash-*",
      "lua-*",
      "disable-ipv6-dns",
    ],
    judge: JUDGE.needless("It is about how nginx works inside"),
  },
  {
    names: ["use-geoip", "use-geoip2", "geoip2-*", "use-geoip2-metrics"],
    judge: JUDGE.onOff(
      JUDGE.notServed("Hawser does not know where addresses are"),
      JUDGE.needless("Hawser does not know where addresses are"),
    ),
  },
  {
    names: ["proxy-stream-*", "log-format-stream"],
    judge: JUDGE.needless("Ports of TCP and UDP are Services of type LoadBalancer, and do not pass the ingress"),
  },
];
