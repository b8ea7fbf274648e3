import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";

/** Connections that are being opened at once. */
const AT_ONCE = 100;
/** Bounds for connections of one address are lower than for all. */
const CLIENT_ADDRESSES = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];
const [port, count, isSecure] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4] === "tls"];

/** Opens one, and asks once over it. */
async function open(number: number): Promise<Socket> {
  const plain = connect({ host: "127.0.0.1", port, localAddress: CLIENT_ADDRESSES[number % 4] });
  const socket = isSecure
    ? connectSecurely({ socket: plain, servername: "bench.invalid", rejectUnauthorized: false })
    : plain;
  await once(socket, isSecure ? "secureConnect" : "connect");
  socket.write("GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString("latin1").startsWith("HTTP/1.1 200")) throw new Error(answer.toString("latin1"));
  return socket;
}

const sockets: Socket[] = [];
while (sockets.length < count) {
  const numbers = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, (_, at) => sockets.length + at);
  sockets.push(...(await Promise.all(numbers.map(open))));
}
let ended = 0;
for (const socket of sockets)
  socket
    .on("close", () => ended++)
    .on("error", () => undefined)
    .resume();
process.stdout.write("open\n");
// Says how many were ended by the other side, when it is asked to end.
process.stdin.once("data", () => {
  process.stdout.write(`${ended}\n`);
  process.exit();
});
