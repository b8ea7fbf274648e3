import { type ImageProgram, labServer } from "#lab/rack/image-program.ts";
import { ECHO_PORT } from "./stage.ts";

/** What the image `echo` of the story runs: datagrams and what is said on connections come back. */
export const ECHO_PROGRAM: ImageProgram = {
  image: "echo",
  ...labServer({ name: "echo", tcpPorts: [ECHO_PORT], udpPorts: [ECHO_PORT] }),
};
