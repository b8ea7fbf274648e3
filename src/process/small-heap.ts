import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 collect garbage early instead of letting the heap grow to several times what is in use, which it does to
 * save time: these programs have time, and share their machines. Measured at 10,000 Services: the controller's memory
 * falls from 265 to 150 MB, and its start takes up to twice the CPU. Call it before the heap has grown.
 */
export function keepHeapSmall(): void {
  // New objects get 1 MB at a time, and not up to 16 after many have survived.
  setFlagsFromString("--semi-space-growth-factor=1");
  // The next full collection comes when the heap has grown by two fifths, and not to the double and more.
  setFlagsFromString("--heap-growing-percent=40");
}
