import { createHash } from 'node:crypto';

export interface FormPart {
  readonly name: string;
  readonly value: string | Buffer;
  /** Makes the part a file. */
  readonly fileName?: string;
}

/** A multipart body with the boundary `XX`, its parts in the given order. */
export function multipart(parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap(part => {
    const file =
      part.fileName === undefined ? '' : `; filename="${part.fileName}"\r\nContent-Type: application/octet-stream`;
    return [
      Buffer.from(`--XX\r\nContent-Disposition: form-data; name="${part.name}"${file}\r\n\r\n`),
      Buffer.from(part.value),
      Buffer.from('\r\n'),
    ];
  });
  return Buffer.concat([...pieces, Buffer.from('--XX--\r\n')]);
}

export const multipartType = 'multipart/form-data; boundary=XX';

/** What twine sends for a file; a field set to undefined is left out. */
export function uploadParts(
  fileName: string,
  bytes: Buffer,
  changes: Record<string, string | undefined> = {},
): FormPart[] {
  const isWheel = fileName.endsWith('.whl');
  const [name, version] = fileName.replace(/\.tar\.gz$/, '').split('-') as [string, string];
  const fields: Record<string, string | undefined> = {
    metadata_version: '2.4',
    name,
    version,
    filetype: isWheel ? 'bdist_wheel' : 'sdist',
    pyversion: isWheel ? 'py3' : 'source',
    summary: '',
    md5_digest: createHash('md5').update(bytes).digest('hex'),
    sha256_digest: createHash('sha256').update(bytes).digest('hex'),
    ':action': 'file_upload',
    protocol_version: '1',
    ...changes,
  };
  const texts = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return [...texts.map(([name, value]) => ({ name, value })), { name: 'content', fileName, value: bytes }];
}

export function wheelName(project: string, version = '1.0'): string {
  return `${project}-${version}-py3-none-any.whl`;
}
