import { ADDRESS_CASES } from "./address-cases.ts";
import type { AlertCase } from "./alert-case.ts";
import { INGRESS_CASES } from "./ingress-cases.ts";

/** Of each alert a case in which it fires, and one or more in which it does not. */
export const ALERT_CASES: readonly AlertCase[] = [...ADDRESS_CASES, ...INGRESS_CASES];
