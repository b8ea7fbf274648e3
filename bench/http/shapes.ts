import type { Shape } from "./load.ts";
import { LAST_HOST, LAST_PATH } from "./routed-systems.ts";

/** Shapes of load at one host. */
export const shapes: readonly Shape[] = [
  { name: "keepalive", path: "/", connections: 64, headers: [] },
  { name: "new-connection", path: "/", connections: 64, headers: ["Connection: close"] },
  { name: "large", path: "/large", connections: 16, headers: [] },
  { name: "post", path: "/", connections: 64, headers: [], method: "POST", body: "x".repeat(1_024) },
  { name: "many", path: "/", connections: 500, headers: [] },
  { name: "tls", path: "/", connections: 64, headers: [], isSecure: true },
  { name: "tls-handshake", path: "/", connections: 64, headers: ["Connection: close"], isSecure: true },
  { name: "http2", path: "/", connections: 16, headers: [], isSecure: true, streams: 10 },
];

/** So that most of the routes were asked before. */
const ROUTES_WARM_UP_SECONDS = 12;

/** At all the hosts and paths of `routed-systems.ts`: each request at another of them, and all at the same one. */
export const routedShapes: readonly Shape[] = [
  {
    name: "routes",
    path: "/",
    connections: 64,
    headers: [],
    lua: askLua(LAST_HOST, LAST_PATH),
    warmUpSeconds: ROUTES_WARM_UP_SECONDS,
  },
  { name: "one-route", path: "/", connections: 64, headers: [], lua: askLua(0, 0) },
];

/** For wrk: each request at a host and a path by chance, up to these. */
function askLua(lastHost: number, lastPath: number): string {
  return `math.randomseed(1)
request = function()
  wrk.headers["Host"] = "h" .. math.random(0, ${lastHost}) .. ".bench.test"
  return wrk.format("GET", "/p" .. math.random(0, ${lastPath}) .. "/x")
end
`;
}
