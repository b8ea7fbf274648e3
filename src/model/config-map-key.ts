/** Where the configuration is in a cluster: a ConfigMap of this key (`namespace/name`). */
export const CONFIG_MAP_KEY = "hawser-system/hawser";
