import { JUDGE, secondsWithin } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

const HSTS = "It is sent for hosts with a tls entry";

/** Keys about TLS, and about the way from HTTP to HTTPS. */
export const TLS_KEYS: readonly NginxSetting[] = [
  {
    names: ["ssl-redirect"],
    annotation: "same-name",
    judge: JUDGE.flag("--ssl-redirect"),
    byDefault: "true",
  },
  { names: ["force-ssl-redirect"], annotation: "same-name" },
  {
    names: ["http-redirect-code"],
    read: "Read from there: the status of redirects to HTTPS, and to or from www.",
  },
  {
    names: ["no-tls-redirect-locations"],
    read: "Read from there: rules whose paths begin so are not redirected to HTTPS, nor are paths for the proof of certificates",
  },
  {
    names: ["hsts"],
    judge: JUDGE.onOff(JUDGE.flag("--hsts", HSTS), JUDGE.same("No field Strict-Transport-Security is sent")),
    byDefault: "true",
  },
  { names: ["hsts-max-age"], judge: JUDGE.option("--hsts-max-age", secondsWithin(0, 999_999_999)) },
  {
    names: ["hsts-include-subdomains"],
    judge: JUDGE.onOff(
      JUDGE.same("--hsts holds for all names below a host"),
      JUDGE.flag("--no-hsts-include-subdomains"),
    ),
  },
  {
    names: ["hsts-preload"],
    judge: JUDGE.onOff(JUDGE.flag("--hsts-preload"), JUDGE.same("--hsts is not built into browsers")),
  },
  {
    names: ["ssl-protocols"],
    judge: JUDGE.where(
      (value) => value.split(/\s+/).sort().join(" ") === "TLSv1.2 TLSv1.3",
      JUDGE.same("Clients may use TLS 1.2 and 1.3"),
      JUDGE.where(
        (value) => value === "TLSv1.3",
        JUDGE.restriction(
          "Clients may use TLS 1.2, too",
          "Check by your rules whether that may be; there is no option for it",
        ),
        JUDGE.notServed("Clients may use TLS 1.2 and 1.3, and nothing older", "Update clients that have neither"),
      ),
    ),
  },
  {
    names: ["ssl-ciphers"],
    judge: JUDGE.option("--tls-ciphers", undefined, "Those of TLS 1.3 are only offered if they are in the list, too"),
  },
  {
    names: ["ssl-prefer-server-ciphers"],
    judge: JUDGE.onOff(JUDGE.same("The order of the server counts"), JUDGE.notServed("The order of the server counts")),
  },
  {
    names: ["ssl-reject-handshake"],
    read: "Read from there: clients whose server name no rule has get no handshake",
  },
  {
    names: [
      "ssl-ecdh-curve",
      "ssl-dh-param",
      "ssl-session-*",
      "ssl-buffer-size",
      "ssl-early-data",
      "enable-ocsp",
      "ssl-stapling*",
      "proxy-ssl-location-only",
      "proxy-ssl-*",
    ],
    judge: JUDGE.needless("A detail of TLS, for which Hawser has the defaults of OpenSSL"),
  },
];
