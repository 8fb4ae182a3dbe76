import { isHexDigest, LarderError } from '#kernel';
import { packageTypes, parseFileName, type DistributionName, type PackageType } from './filenames.js';
import { parseProjectName } from './names.js';
import { parseVersion } from './versions.js';

/** Digests that the client announced, lower-case hex. */
export interface AnnouncedDigests {
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
  readonly blake2b256: string | undefined;
}

/** A form whose fields are sound and agree with its file name. */
export interface UploadRequest {
  readonly distribution: DistributionName;
  readonly digests: AnnouncedDigests;
}

/** Actions of the distutils era that no index serves any more. */
const goneActions = new Set(['submit', 'submit_pkg_info', 'verify', 'doc_upload']);

/**
 * Checks the fields of an upload form against each other and against the file name. Each refusal names its field.
 * @throws invalid-request, invalid-name, invalid-version, invalid-digest, invalid-package, upload-unknown for an action that is gone
 */
export function checkForm(
  fields: ReadonlyMap<string, string>,
  content: { fileName: string; mediaType: string },
): UploadRequest {
  checkAction(fields);
  const fileType = checkFileType(fields.get('filetype'));
  const project = parseProjectName(required(fields, 'name'));
  const version = parseVersion(required(fields, 'version'));
  const digests = readDigests(fields);
  if (content.mediaType.startsWith('image/'))
    throw bad(`The field "content" is of type ${content.mediaType}, which is no distribution.`);
  const distribution = parseFileName(content.fileName);
  const { fileName } = distribution;
  if (distribution.packageType !== fileType)
    throw bad(`The file name "${fileName}" does not fit the filetype "${fileType}".`);
  if (distribution.project !== project)
    throw bad(`The file name "${fileName}" is not one of the project "${project}" that the form names.`);
  if (distribution.version.canonical !== version.canonical) {
    throw bad(`The file name "${fileName}" is not one of version "${version.text}" that the form names.`);
  }
  checkPythonVersion(fields.get('pyversion'), fileType);
  return { distribution, digests };
}

function checkAction(fields: ReadonlyMap<string, string>): void {
  const action = required(fields, ':action');
  if (goneActions.has(action)) {
    throw new LarderError(
      'upload-unknown',
      `The action "${action}" is no longer supported. Upload files with twine or another current uploader.`,
    );
  }
  if (action !== 'file_upload')
    throw bad(`The field ":action" must be "file_upload", not ${JSON.stringify(action.slice(0, 50))}.`);
  const protocol = fields.get('protocol_version') ?? '1';
  if (protocol !== '1')
    throw bad(`The field "protocol_version" must be "1", not ${JSON.stringify(protocol.slice(0, 50))}.`);
}

function checkFileType(text: string | undefined): PackageType {
  const fileType = packageTypes.find(known => known === text);
  if (fileType) return fileType;
  const got = text === undefined ? 'missing' : JSON.stringify(text.slice(0, 50));
  throw bad(`The field "filetype" must be "sdist" or "bdist_wheel"; it is ${got}.`);
}

/** flit leaves the field out for an sdist; every other client sends `source`. */
function checkPythonVersion(text: string | undefined, fileType: PackageType): void {
  if (fileType === 'bdist_wheel' && text === undefined)
    throw bad('The field "pyversion" is missing; a wheel needs its Python tag there.');
  if (fileType === 'sdist' && (text ?? 'source') !== 'source')
    throw bad('The field "pyversion" must be "source" for an sdist.');
}

function readDigests(fields: ReadonlyMap<string, string>): AnnouncedDigests {
  const read = (name: string, algorithm: 'md5' | 'sha256', title: string): string | undefined => {
    const text = fields.get(name)?.toLowerCase();
    if (text === undefined || isHexDigest(algorithm, text)) return text;
    throw new LarderError('invalid-digest', `The field "${name}" must be ${title}.`);
  };
  const digests = {
    md5: read('md5_digest', 'md5', '32 hex digits'),
    sha256: read('sha256_digest', 'sha256', '64 hex digits'),
    // As long as a sha256.
    blake2b256: read('blake2_256_digest', 'sha256', '64 hex digits'),
  };
  if (Object.values(digests).some(digest => digest !== undefined)) return digests;
  throw new LarderError(
    'invalid-digest',
    'The form has no digest of the file: "sha256_digest", "md5_digest" or "blake2_256_digest" is needed.',
  );
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value !== undefined) return value;
  throw bad(`The field "${name}" is missing or empty.`);
}

function bad(message: string): LarderError {
  return new LarderError('invalid-request', message);
}
