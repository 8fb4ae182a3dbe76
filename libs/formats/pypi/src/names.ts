import { LarderError } from '#kernel';

/** A project name in its normal form: the key of the project in every row, URL and grant. */
export type ProjectName = string & { readonly __projectName: true };

/** The index it is modelled on has no limit of its own; ours leaves room for version and tags in a file name of 255 bytes. */
export const maxNameLength = 128;

// The names specification, "Name format". `$` without the m flag does not let a final newline through, unlike Python's.
const validName = /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9])$/i;

/** Normal form of the names specification (PEP 503): runs of `-`, `_` and `.` become one `-`, letters lower case. Undefined for what is no name. */
export function normaliseName(text: string): ProjectName | undefined {
  if (text.length > maxNameLength || !validName.test(text)) return undefined;
  return text.replace(/[-_.]+/g, '-').toLowerCase() as ProjectName;
}

/** @throws invalid-name with a sentence for the uploader */
export function parseProjectName(text: string): ProjectName {
  const name = normaliseName(text);
  if (name !== undefined) return name;
  const shown = JSON.stringify(text.slice(0, 100));
  throw new LarderError(
    'invalid-name',
    `${shown} is not a project name: use at most ${maxNameLength} ASCII letters, digits, "-", "_" and ".", with a letter or digit first and last.`,
  );
}

/** How a project name is written inside file names (wheel and sdist specifications): with `_` where the normal form has `-`. */
export function fileNameForm(name: ProjectName): string {
  return name.replace(/-/g, '_');
}
