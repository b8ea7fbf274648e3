import type { MigrationStep } from "#src/migration/migration-procedure.ts";
import type { MigrationFile } from "#src/migration/our-form.ts";
import { eachLine, oneLine } from "#src/model/one-line.ts";

/** A part of a report about a migration, under its title. */
export function printSection(title: string, parts: readonly string[]): string {
  return `${title}\n\n${parts.length === 0 ? "Nothing.\n" : parts.join("")}`;
}

/** A file to be written. */
export function printFile({ name, about, text }: MigrationFile): string {
  return `\n${oneLine(`# ${name}: ${about}`)}\n${eachLine(text)}`;
}

/** A step of the procedure, with its number. */
export function printStep({ title, commands, text }: MigrationStep, index: number): string {
  const lines = commands.map((command) => `     ${oneLine(command)}\n`).join("");
  return `${index + 1}. ${title}\n${lines}   ${oneLine(text)}\n`;
}
