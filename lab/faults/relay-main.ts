// Brings connections from a host of a rack to a fault proxy, which listens at a Unix socket in another namespace.
// Usage: node lab/faults/relay-main.ts ADDRESS PORT SOCKET-FILE
import { openRelay } from "#lab/cluster/open-relay.ts";

const [host = "", port = "", path = ""] = process.argv.slice(2);
await openRelay({ host, port: Number(port) }, { path });
console.log("ready");
