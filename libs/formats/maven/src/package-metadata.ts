import type { Artifact } from './coordinates.js';
import type { PluginEntry } from './metadata.js';
import type { Pom } from './pom.js';

/** What is kept beside a file, so that nothing needs to open it again. */
export function fileMetadata(artifact: Artifact, pom: Pom | undefined): Record<string, unknown> {
  const { classifier, extension, signature, build } = artifact;
  return {
    extension,
    ...(classifier !== undefined && { classifier }),
    ...(signature !== undefined && { signature }),
    ...(build && { timestamp: build.timestamp, buildNumber: build.number }),
    ...(pom && { pom: pomFacts(pom) }),
  };
}

function pomFacts(pom: Pom): Record<string, unknown> {
  const { packaging, parent, relocation, dependencies, licences } = pom;
  return {
    packaging,
    ...described(pom),
    ...(parent && { parent }),
    ...(relocation && { relocation }),
    ...(licences.length > 0 && { licences }),
    ...(dependencies.length > 0 && { dependencies }),
  };
}

/** What the package shows of the POM that was deployed last. Every key is written, so that nothing of an older POM remains. */
export function packageMetadata(pom: Pom, artifact: Artifact): Record<string, unknown> {
  return {
    name: pom.name ?? null,
    description: pom.description ?? null,
    url: pom.url ?? null,
    licences: pom.licences,
    packaging: pom.packaging,
    ...(pom.packaging === 'maven-plugin' && {
      plugin: { name: pom.name ?? artifact.artifactId, prefix: usualPrefix(artifact.artifactId) },
    }),
  };
}

function described(pom: Pom): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const key of ['name', 'description', 'url'] as const) {
    const value = pom[key];
    if (value !== undefined) facts[key] = value;
  }
  return facts;
}

/** `x-maven-plugin` and `maven-x-plugin` have the prefix `x`; it is what Maven's own plugin tools choose. */
export function usualPrefix(artifactId: string): string {
  return artifactId.replace(/^maven-(.+)-plugin$|^(.+)-maven-plugin$/, '$1$2');
}

/** The plugin entry of a package whose last POM was a plugin's. */
export function pluginOf(artifactId: string, metadata: Readonly<Record<string, unknown>>): PluginEntry | undefined {
  const plugin = metadata['plugin'] as { name?: unknown; prefix?: unknown } | undefined;
  if (metadata['packaging'] !== 'maven-plugin' || typeof plugin?.prefix !== 'string') return undefined;
  return { artifactId, prefix: plugin.prefix, name: typeof plugin.name === 'string' ? plugin.name : artifactId };
}
