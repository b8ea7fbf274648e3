/**
 * What CHANGELOG.md says of a version, without the heading; undefined where it has no section for it. Links to files of the repository
 * become links to them at `base`, where one is given.
 */
export function releaseNotes(changelog: string, version: string, base?: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((one) => (one.split("\n")[0] ?? "").replaceAll(/[[\]]/g, "").split(" ")[0] === version);
  if (section === undefined) return undefined;
  const text = section.slice(section.indexOf("\n")).trim();
  return base === undefined ? `${text}\n` : `${text.replaceAll(/\]\((?!https?:|#)/g, `](${base}/`)}\n`;
}
