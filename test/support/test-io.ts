import { handleIo, type Io, netIo } from "#ingress/io/io.ts";
import { openNodeStreams } from "#ingress/io/node-streams.ts";

const streams = openNodeStreams();
if (streams === undefined) throw new Error("this Node does not give its streams");

/** Each way to move bytes, for tests that hold for all. */
export const everyIo: readonly Io[] = [handleIo(streams), netIo];

/** The one that most tests run on: that of the program, or the one that HAWSER_TEST_IO names. */
export const defaultIo: Io = everyIo.find(({ name }) => name === process.env["HAWSER_TEST_IO"]) ?? everyIo[0]!;
