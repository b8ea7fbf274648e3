import { ACCESS_KEYS } from "./access-keys.ts";
import { INTERNAL_KEYS } from "./internal-keys.ts";
import { ANSWER_KEYS } from "./answer-keys.ts";
import { CLIENT_KEYS } from "./client-keys.ts";
import { CONNECTION_NGINX_SETTINGS } from "./connection-settings.ts";
import { ENDPOINT_KEYS } from "./endpoint-keys.ts";
import { TLS_KEYS } from "./tls-keys.ts";
import type { NginxSetting } from "./nginx-setting.ts";

/** The keys of ingress-nginx's ConfigMap, as its versions up to 1.15 have them. */
export const CONFIG_MAP_KEYS: readonly NginxSetting[] = [
  ...CLIENT_KEYS,
  ...CONNECTION_NGINX_SETTINGS,
  ...TLS_KEYS,
  ...ACCESS_KEYS,
  ...ENDPOINT_KEYS,
  ...ANSWER_KEYS,
  ...INTERNAL_KEYS,
];
