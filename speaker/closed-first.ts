import { closeSync, openSync } from "node:fs";

/** More files than a speaker has open otherwise: eight packet sockets a link, and its connections to the API server. */
const HELD_NUMBERS = 128;

/**
 * Opens files which the kernel closes before all others that are opened later, when it ends this process (SIGKILL). It goes from the
 * highest number down, and waits 10 to 80 ms at each packet socket: a port that is closed behind some of them looks for as long as if
 * its program lived. So what `open` opens gets numbers above those that others will get.
 */
export async function openClosedFirst<T>(open: () => Promise<T>): Promise<T> {
  using held = new DisposableStack();
  for (let count = 0; count < HELD_NUMBERS; count++) {
    const number = openNothing();
    if (number === undefined) break;
    held.defer(() => closeSync(number));
  }
  return await open();
}

/** Undefined where all numbers are taken: then the order is as it comes. */
function openNothing(): number | undefined {
  try {
    return openSync("/dev/null", "r");
  } catch {
    return undefined;
  }
}
