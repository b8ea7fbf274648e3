import { parseNetwork } from "#src/model/annotations/parse-networks.ts";
import { bytesOf, JUDGE, secondsWithin } from "./judge.ts";
import type { NginxSetting, SettingVerdict } from "./nginx-setting.ts";

const KIB = 1_024;
const ON_CONNECTION = "Hawser takes the address of a client from its connection, and replaces X-Forwarded-For";
const BY_NETWORKS = "From the proxies in --trusted-proxies alone, which have to be named";

/** Keys about requests: how large, how slow, and whose they are. */
export const CLIENT_KEYS: readonly NginxSetting[] = [
  {
    names: ["proxy-body-size"],
    annotation: "same-name",
    judge: JUDGE.flag("--max-body-mib=1"),
    byDefault: "1m",
  },
  { names: ["large-client-header-buffers"], judge: judgeHeadBuffers },
  {
    names: ["client-header-buffer-size"],
    judge: JUDGE.needless("A head is in one buffer, up to --max-head-kib"),
  },
  {
    names: ["http2-max-requests"],
    judge: JUDGE.needless("keep-alive-requests counts for HTTP/2, too"),
  },
  {
    names: ["http2-max-concurrent-streams"],
    judge: JUDGE.needless("A client has at most 100 requests at once on a connection"),
  },
  {
    names: ["http2-max-field-size", "http2-max-header-size"],
    judge: JUDGE.needless("Heads of HTTP/2 have the bounds of --max-head-kib, too"),
  },
  { names: ["http2-push-preload"], judge: JUDGE.needless("Browsers take nothing that is pushed any longer") },
  {
    names: ["use-http2"],
    judge: JUDGE.onOff(JUDGE.same("HTTP/2 is offered to clients by TLS"), JUDGE.flag("--no-http2")),
  },
  {
    names: ["enable-underscores-in-headers"],
    judge: JUDGE.onOff(
      JUDGE.flag("--request-header-names=underscores"),
      JUDGE.same("Fields with underscores in their names are not forwarded"),
    ),
  },
  {
    names: ["ignore-invalid-headers"],
    judge: JUDGE.onOff(
      JUDGE.same("Fields with other names than letters, digits and hyphens are not forwarded"),
      JUDGE.flag("--request-header-names=any"),
    ),
  },
  {
    names: ["use-forwarded-headers", "enable-real-ip"],
    judge: JUDGE.onOff(JUDGE.flag("--use-forwarded-headers", BY_NETWORKS), JUDGE.same(ON_CONNECTION)),
  },
  {
    names: ["use-proxy-protocol"],
    judge: JUDGE.onOff(JUDGE.flag("--use-proxy-protocol", BY_NETWORKS), JUDGE.same(ON_CONNECTION)),
  },
  {
    names: ["compute-full-forwarded-for"],
    judge: JUDGE.onOff(JUDGE.flag("--compute-full-forwarded-for"), JUDGE.same(ON_CONNECTION)),
  },
  { names: ["proxy-real-ip-cidr"], judge: JUDGE.option("--trusted-proxies", listOfNetworks) },
  {
    names: ["proxy-protocol-header-timeout"],
    judge: JUDGE.option("--proxy-protocol-timeout", secondsWithin(1, 3_600)),
  },
  {
    names: ["forwarded-for-header", "forwarded-for-proxy-protocol-header"],
    judge: JUDGE.where(
      (value) => /^x-forwarded-for$/i.test(value),
      JUDGE.same("The addresses are in X-Forwarded-For"),
      JUDGE.notServed(
        "Addresses that a proxy reports are read from X-Forwarded-For or Forwarded, and from no other field",
      ),
    ),
  },
  {
    names: ["generate-request-id"],
    judge: JUDGE.onOff(
      JUDGE.same("Each request has X-Request-ID"),
      JUDGE.notServed("Each request has X-Request-ID, also where the client sent none"),
    ),
  },
  {
    names: ["disable-ipv6"],
    judge: JUDGE.onOff(JUDGE.flag("--bind-address=0.0.0.0"), JUDGE.same("Hawser listens on IPv4 and IPv6")),
  },
  {
    names: ["bind-address"],
    judge: JUDGE.where(
      (value) => /^[0-9a-fA-F.:]+$/.test(value),
      JUDGE.option("--bind-address"),
      JUDGE.notServed("Hawser listens on one address, or on all", "Choose one, or leave it out"),
    ),
  },
];

/** Networks and addresses, divided by commas. */
function listOfNetworks(value: string): string | undefined {
  const parts = value.split(",").map((part) => part.trim());
  return parts.every((part) => parseNetwork(part) !== undefined) ? parts.join(",") : undefined;
}

/** `4 8k`: how many buffers, and how large each is: for the request line, and for each field. */
function judgeHeadBuffers(value: string): SettingVerdict {
  const [count = "", size = "", ...rest] = value.trim().split(/\s+/);
  const bytes = bytesOf(size);
  const number = /^\d{1,4}$/.test(count) ? Number(count) : 0;
  if (bytes === undefined || number === 0 || rest.length > 0)
    return {
      kind: "not-served",
      text: "Its value cannot be read",
      fix: "See --max-head-kib and --max-request-line-kib",
    };
  const clamp = (least: number, most: number, kib: number) => Math.min(most, Math.max(least, Math.ceil(kib)));
  const flags = [
    `--max-head-kib=${clamp(4, 56, (number * bytes) / KIB)}`,
    `--max-request-line-kib=${clamp(1, 56, bytes / KIB)}`,
  ];
  return { kind: "option", flags, text: "A whole head has at most 56 KiB" };
}
