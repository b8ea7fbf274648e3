import { endpointTls, type EndpointTransport } from "#src/filters/endpoint-tls.ts";
import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";

/** How the endpoints of an Ingress are spoken to; undefined where it says nothing of it. */
export function transportOf(settings: IngressSettings): EndpointTransport | undefined {
  const scheme = settings.backendProtocol ?? schemeOf(settings.secureBackends);
  const said = {
    secret: settings.proxySslSecret,
    verifies: settings.proxySslVerify,
    name: settings.proxySslName,
    sendsName: settings.proxySslServerName,
    depth: settings.proxySslVerifyDepth,
    ciphers: settings.proxySslCiphers,
    versions: settings.proxySslProtocols,
  };
  const { proxyProtocol } = settings;
  if ((scheme ?? proxyProtocol) === undefined && Object.values(said).every((one) => one === undefined))
    return undefined;
  return { scheme, tls: endpointTls(said), ...(proxyProtocol && { proxyProtocol }) };
}

function schemeOf(isSecure: boolean | undefined): EndpointTransport["scheme"] {
  if (isSecure === undefined) return undefined;
  return isSecure ? "https" : "http";
}
