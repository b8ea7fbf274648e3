/** A Secret that holds a certificate: `tls.crt` and `tls.key`, decoded from base64, PEM checked in form only. */
export interface TlsSecret {
  readonly key: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}
