import { JUDGE } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

const KEPT = "Each part of a body or an answer is passed on as it comes, and nothing is written to a disk";

/** Keys about what is sent to endpoints, and how long they are waited for. */
export const ENDPOINT_KEYS: readonly NginxSetting[] = [
  {
    names: [
      "proxy-connect-timeout",
      "proxy-read-timeout",
      "proxy-send-timeout",
      "proxy-next-upstream-tries",
      "proxy-next-upstream",
      "proxy-next-upstream-timeout",
      "load-balance",
      "service-upstream",
    ],
    annotation: "same-name",
  },
  {
    names: ["retry-non-idempotent"],
    judge: JUDGE.notServed(
      "Another endpoint is tried only where none can have answered: the connection failed, or nothing of the request was read",
    ),
  },
  {
    names: ["proxy-set-headers"],
    read: "Read from there, with the ConfigMap that it names: header fields of all requests to endpoints",
  },
  {
    names: ["proxy-add-original-uri-header"],
    judge: JUDGE.onOff(
      JUDGE.notServed("There is no field X-Original-URI"),
      JUDGE.same("There is no field X-Original-URI"),
    ),
  },
  {
    names: [
      "client-body-buffer-size",
      "proxy-request-buffering",
      "proxy-buffering",
      "proxy-buffers-number",
      "proxy-busy-buffers-size",
      "proxy-max-temp-file-size",
      "grpc-buffer-size-kb",
    ],
    judge: JUDGE.needless(KEPT),
  },
  {
    names: ["proxy-buffer-size"],
    judge: JUDGE.needless("The head of an answer may have as much as --max-head-kib says: 32 KiB by default"),
  },
  {
    names: ["proxy-http-version"],
    judge: JUDGE.where(
      (value) => value === "1.1",
      JUDGE.same("Endpoints are asked by HTTP/1.1"),
      JUDGE.notServed("Endpoints are asked by HTTP/1.1"),
    ),
  },
];
