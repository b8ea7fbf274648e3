import { CORS } from "#src/model/annotations/cors.ts";
import { EXTERNAL_AUTH } from "#src/model/annotations/external-auth.ts";
import type { SettingName } from "#src/model/annotations/ingress-settings.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";

/** The name of a part's value among the settings of a path. */
export type PartName = keyof PathSettings;

/** Parts that say how others are done. They are said of those: what another policy says how they are done could open them. */
interface Details {
  readonly bases: readonly PartName[];
  readonly details: readonly PartName[];
}

const OF_EXTERNAL = (Object.keys(EXTERNAL_AUTH) as readonly SettingName[]).filter(
  (name) => name !== "authUrl" && name !== "satisfy",
);
const OF_CORS = (Object.keys(CORS) as readonly SettingName[]).filter((name) => name !== "corsEnabled");

export const POLICY_DETAILS: readonly Details[] = [
  { bases: ["allowedSources", "deniedSources", "authType", "authUrl", "jwt", "oidc"], details: ["satisfy"] },
  { bases: ["authType"], details: ["authSecret", "authSecretType", "authRealm"] },
  { bases: ["authUrl"], details: [...OF_EXTERNAL, "authSetHeaders"] },
  {
    bases: ["requestsPerSecond", "requestsPerMinute", "clientConnections"],
    details: ["burstMultiplier", "unlimitedSources"],
  },
  { bases: ["corsEnabled"], details: OF_CORS },
  { bases: ["proxySslVerify"], details: ["proxySslVerifyDepth", "proxySslName", "proxySslSecret"] },
];

const ALL_DETAILS: ReadonlySet<string> = new Set(POLICY_DETAILS.flatMap(({ details }) => details));

/** Whether a part says how another one is done. */
export function isPolicyDetail(name: string): boolean {
  return ALL_DETAILS.has(name);
}
