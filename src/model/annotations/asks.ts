import { parseCidr } from "#src/ip/cidr.ts";

/** Whether a value asks for anything, by what kind of value it is. */
export const ASKS = {
  /** A switch, or a choice of which one is "none". */
  on: (value: string): boolean => value !== "" && !/^(?:false|off|no|none|0)$/i.test(value),
  /** What ingress-nginx takes for true (Go, strconv.ParseBool). */
  true: (value: string): boolean => /^(?:1|t|true)$/i.test(value),
  /** A limit. */
  notZero: (value: string): boolean => !/^0*(?:\.0*)?$/.test(value),
  /** A protocol. */
  notHttp: (value: string): boolean => !/^(?:http|http1|h1)?$/i.test(value),
  /** Whether a list of networks leaves any address out. A list that cannot be read does. */
  leavesOut: (value: string): boolean => {
    const networks = value.split(",").map((text) => parseCidr(text.trim()));
    if (value === "" || networks.includes(undefined)) return value !== "";
    return !["ipv4", "ipv6"].every((family) =>
      networks.some((one) => one?.family === family && one.prefixLength === 0),
    );
  },
} as const;
