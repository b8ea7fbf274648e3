// For `node --import`: threads do what files in the folder HAWSER_TEST_ORDERS ask for, by their names: `hold worker 2` keeps it from listening at a
// shared port while it is there, `end worker 2` has it end of a fault, `block worker 2` stops its event loop while it is
// there, and it says so by a file `blocked worker 2`.
import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { Server } from "node:net";
import { join } from "node:path";
import { isMainThread, threadName } from "node:worker_threads";

const LOOK_MS = 20;
const never = new Int32Array(new SharedArrayBuffer(4));
const order = (what) => join(process.env.HAWSER_TEST_ORDERS, `${what} ${threadName}`);
const waitWhile = (path) => {
  while (existsSync(path)) Atomics.wait(never, 0, 0, LOOK_MS);
};

if (!isMainThread) {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (...options) {
    if (options[0]?.reusePort === true) waitWhile(order("hold"));
    return listen.apply(this, options);
  };
  setInterval(() => {
    if (existsSync(order("block"))) {
      writeFileSync(order("blocked"), "");
      waitWhile(order("block"));
    }
    if (!existsSync(order("end"))) return;
    unlinkSync(order("end"));
    throw new Error("as a test has ordered");
  }, LOOK_MS).unref();
}
