import { ADDRESS_ALERTS } from "./address-alerts.ts";
import type { AlertGroup } from "./alert.ts";
import { CONTROLLER_ALERTS } from "./controller-alerts.ts";
import { INGRESS_ALERTS } from "./ingress-alerts.ts";
import { PROGRAM_ALERTS } from "./program-alerts.ts";
import { SPEAKER_ALERTS } from "./speaker-alerts.ts";

/** Every alert, in the groups in which Prometheus evaluates them. docs/monitoring.md lists them. */
export const ALERT_GROUPS: readonly AlertGroup[] = [
  { name: "hawser-addresses", alerts: ADDRESS_ALERTS },
  { name: "hawser-speakers", alerts: SPEAKER_ALERTS },
  { name: "hawser-controller", alerts: CONTROLLER_ALERTS },
  { name: "hawser-ingress", alerts: INGRESS_ALERTS },
  { name: "hawser-programs", alerts: PROGRAM_ALERTS },
];
