/** Whether a client takes gzip, by the values of its field Accept-Encoding (RFC 9110 section 12.5.3). What it does not name it does not get. */
export function acceptsGzip(values: readonly string[]): boolean {
  return values
    .join(",")
    .split(",")
    .some((part) => {
      const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
      return (
        (coding === "gzip" || coding === "x-gzip") && !parameters.some((one) => /^q\s*=\s*0(?:\.0{0,3})?$/.test(one))
      );
    });
}
