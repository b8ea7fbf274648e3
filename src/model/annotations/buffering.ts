import type { AnnotationRecord } from "./annotation-record.ts";
import { onOff } from "./on-off.ts";
import { parseCount } from "./parse-count.ts";
import { parseSize } from "./parse-size.ts";

const SIZE = { fits: (text: string) => parseSize(text) !== undefined, fix: 'Write a size such as "8k"' };
const SWITCH = { fits: (text: string) => onOff(text) !== undefined, fix: 'Write "on" or "off"' };
const NUMBER = { fits: (text: string) => parseCount(text) !== undefined, fix: 'Write a whole number such as "4"' };

const OF_REQUESTS = "each part of a body goes to the endpoint as it comes, and none is kept";
const OF_ANSWERS =
  "each part of an answer goes to the client as it comes; an endpoint waits for a slow client, and nothing is written to a disk";

/** What nginx keeps of bodies, and Hawser does not. */
export const BUFFERING: readonly AnnotationRecord[] = [
  {
    names: ["client-body-buffer-size"],
    doc: "How much of a request body nginx keeps in memory",
    needless: OF_REQUESTS,
    form: SIZE,
  },
  {
    names: ["proxy-request-buffering"],
    doc: "Whether nginx waits for the whole body of a request before it asks an endpoint",
    needless: OF_REQUESTS,
    form: SWITCH,
  },
  {
    names: ["proxy-buffering"],
    doc: "Whether nginx keeps an answer for a client that reads slowly",
    needless: OF_ANSWERS,
    form: SWITCH,
  },
  {
    names: ["proxy-buffers-number"],
    doc: "How many buffers nginx has for an answer",
    needless: OF_ANSWERS,
    form: NUMBER,
  },
  {
    names: ["proxy-busy-buffers-size"],
    doc: "How much of an answer nginx sends at once",
    needless: OF_ANSWERS,
    form: SIZE,
  },
  {
    names: ["proxy-max-temp-file-size"],
    doc: "How much of an answer nginx writes to a disk",
    needless: OF_ANSWERS,
    form: SIZE,
  },
  {
    names: ["proxy-http-version"],
    doc: "The version of HTTP that endpoints are asked in",
    needless: "endpoints are asked in HTTP/1.1, which those of HTTP/1.0 answer too, and may answer in either",
    form: { fits: (text) => text === "1.1" || text === "1.0", fix: 'Write "1.1" or "1.0"' },
  },
];
