/** What may be told to a browser without it running anything; everything else is octets. */
const byExtension: Readonly<Record<string, string>> = {
  txt: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  json: 'application/json',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  csv: 'text/csv; charset=utf-8',
  xml: 'application/xml',
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  zip: 'application/zip',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  tar: 'application/x-tar',
};

/** What a browser would run or take apart, whatever the file is called. It is sent as octets, like every type that is not on the list. */
const active =
  /^(?:text\/(?:html|xml|xsl|javascript|ecmascript|vbscript|css)|application\/(?:xml|xml-dtd|(?:x-)?javascript|ecmascript|x-shockwave-flash)|multipart\/.*|message\/.*|.*\+xml)$/;

const uploaded = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/i;

/** The uploader's type if it is a plain and passive one, else by the file's extension. `curl -T` sends none, many clients send the form's default. */
export function mediaTypeOf(path: string, contentType: string | undefined): string {
  const given = contentType?.split(';')[0]?.trim().toLowerCase();
  if (
    given !== undefined &&
    uploaded.test(given) &&
    !active.test(given) &&
    given !== 'application/octet-stream' &&
    given !== 'application/x-www-form-urlencoded'
  )
    return given;
  return byExtension[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}
