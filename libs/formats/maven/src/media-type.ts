const byExtension = new Map([
  ['jar', 'application/java-archive'],
  ['war', 'application/java-archive'],
  ['ear', 'application/java-archive'],
  ['pom', 'application/xml'],
  ['xml', 'application/xml'],
  ['module', 'application/vnd.org.gradle.module+json'],
  ['json', 'application/json'],
  ['asc', 'application/pgp-signature'],
  ['gz', 'application/gzip'],
  ['tgz', 'application/gzip'],
  ['zip', 'application/zip'],
  ['aar', 'application/zip'],
  ['txt', 'text/plain; charset=utf-8'],
]);

/** For browsers only: build tools do not look at it. Nothing that a browser would run is on the list. */
export function mediaTypeOf(path: string): string {
  return byExtension.get(path.slice(path.lastIndexOf('.') + 1)) ?? 'application/octet-stream';
}
