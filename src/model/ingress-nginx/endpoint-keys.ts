import { JUDGE, secondsWithin } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

const seconds = secondsWithin(1, 86_400);
const KEPT = "Each part of a body or an answer is passed on as it comes, and nothing is written to a disk";

/** Keys about what is sent to endpoints, and how long they are waited for. */
export const ENDPOINT_KEYS: readonly NginxSetting[] = [
  {
    names: ["proxy-connect-timeout"],
    annotation: "proxy-connect-timeout",
    judge: JUDGE.option("--connect-timeout", seconds),
  },
  {
    names: ["proxy-read-timeout"],
    annotation: "proxy-read-timeout",
    judge: JUDGE.option("--endpoint-timeout", seconds),
  },
  {
    names: ["proxy-send-timeout"],
    annotation: "proxy-send-timeout",
    judge: JUDGE.where(
      (value) => seconds(value) === 60,
      JUDGE.same("--endpoint-timeout counts for both ways, and is 60 seconds unless proxy-read-timeout says otherwise"),
      JUDGE.notServed(
        "--endpoint-timeout counts for both ways",
        "Write the annotation proxy-send-timeout into the Ingresses that need another time",
      ),
    ),
  },
  {
    names: ["proxy-next-upstream-tries"],
    annotation: "proxy-next-upstream-tries",
    judge: JUDGE.where(
      (value) => value === "3",
      JUDGE.same("A request is tried at 3 endpoints at most"),
      JUDGE.notServed(
        "How many endpoints a request is tried at is set for an Ingress only",
        "Write the annotation proxy-next-upstream-tries",
      ),
    ),
  },
  {
    names: ["proxy-next-upstream", "proxy-next-upstream-timeout", "retry-non-idempotent"],
    annotation: "same-name",
    judge: JUDGE.notServed(
      "Another endpoint is tried only where none can have answered: the connection failed, or nothing of the request was read",
    ),
  },
  {
    names: ["load-balance"],
    annotation: "load-balance",
    judge: JUDGE.where(
      (value) => value === "round_robin",
      JUDGE.same("Endpoints are taken in turns"),
      JUDGE.notServed("How endpoints are chosen is set for an Ingress only", "Write the annotation load-balance"),
    ),
  },
  {
    names: ["service-upstream"],
    annotation: "service-upstream",
    judge: JUDGE.onOff(
      JUDGE.notServed("Requests are sent to endpoints, and not to the address of the Service"),
      JUDGE.same("Requests are sent to endpoints, and not to the address of the Service"),
    ),
  },
  {
    names: ["proxy-set-headers"],
    judge: JUDGE.notServed(
      "The ConfigMap that it names is not read",
      "Let the Services do without these fields, or keep ingress-nginx for those that need them",
    ),
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
    annotation: "proxy-http-version",
    judge: JUDGE.where(
      (value) => value === "1.1",
      JUDGE.same("Endpoints are asked by HTTP/1.1"),
      JUDGE.notServed("Endpoints are asked by HTTP/1.1"),
    ),
  },
  {
    names: ["upstream-keepalive-*"],
    judge: JUDGE.needless("Connections to endpoints are kept and used again automatically"),
  },
];
