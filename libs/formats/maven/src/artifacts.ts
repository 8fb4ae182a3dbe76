import { Injectable } from '@nestjs/common';
import { LarderError } from '#kernel';
import { Contents, Publishing, type FileRow, type RepositoryContext, type VersionRow } from '#registry';
import { isPom, isPrimary, isSnapshotVersion, listedExtension, type Artifact } from './coordinates.js';
import { artifactFiles, isOpen, isWhole, visibleVersions, type ArtifactFile, type PackageRows } from './lifecycle.js';
import { compareSnapshotFiles, type SnapshotFile } from './metadata.js';
import { quarantineOf } from './quarantine.js';
import type { FileParams } from './route.js';
import { mavenSettings, takesVersion } from './settings.js';

/** A file that may be sent, with what its caches may know. */
export interface FoundFile {
  readonly file: FileRow;
  readonly artifact: Artifact | undefined;
  /** Set when another path was asked for: the newest build under its literal -SNAPSHOT name. */
  readonly alias: boolean;
  readonly open: boolean;
}

interface Standing {
  readonly version: VersionRow;
  readonly quarantine: string | undefined;
  readonly whole: boolean;
}

/** Finds the files that clients ask for. */
@Injectable()
export class Artifacts {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
  ) {}

  /**
   * The file of a path, or of a literal snapshot path the newest build's. Reading a whole version that is still open seals it, unless its
   * publisher reads: from then on somebody relies on its bytes.
   * @throws not-found; quarantined for a file whose upload did not match its checksum
   */
  async get(ctx: RepositoryContext<FileParams>): Promise<FoundFile> {
    const found = await this.find(ctx);
    if (!found) throw new LarderError('not-found', `${ctx.params.path} is not in ${ctx.repository.name}.`);
    const { artifact, file } = found;
    if (!artifact) return { file, artifact, alias: false, open: false };
    const alias = file.path !== ctx.params.path;
    const standing = await this.standing(ctx, artifact);
    if (!standing) return { file, artifact, alias, open: false };
    if (standing.quarantine !== undefined) {
      throw new LarderError('quarantined', `${file.path} is quarantined: ${standing.quarantine}.`);
    }
    const open = isOpen(standing.version, Date.now());
    if (standing.version.sealedAt === null && standing.whole && this.isForeignRead(ctx, artifact, standing.version)) {
      await this.publishing.seal(ctx, ctx.params.package, [artifact.version]);
      return { file, artifact, alias, open: false };
    }
    return { file, artifact, alias, open };
  }

  private async find(
    ctx: RepositoryContext<FileParams>,
  ): Promise<{ file: FileRow; artifact: Artifact | undefined } | undefined> {
    const { path, artifact, strictRefusal } = ctx.params;
    const settings = mavenSettings(ctx.repository.settings);
    if (settings.layoutPolicy === 'strict' && strictRefusal !== undefined) return undefined;
    if (artifact && !takesVersion(settings.versionPolicy, artifact.baseVersion)) return undefined;
    const file = await this.contents.file(ctx, ctx.params.package, path);
    if (file) return { file, artifact };
    return artifact && isSnapshotVersion(artifact.baseVersion) && artifact.build === undefined
      ? this.newestBuild(ctx, artifact)
      : undefined;
  }

  /** Kept in memory until something in the package changes or an open build settles. */
  private async newestBuild(ctx: RepositoryContext<FileParams>, asked: Artifact): Promise<ArtifactFile | undefined> {
    const at = { scope: ctx.params.package, key: `alias:${ctx.params.path}` };
    const load = () => this.loadNewestBuild(ctx, asked);
    return (await this.contents.cached(ctx, at, load, kept => kept?.settlesAt))?.found;
  }

  private async loadNewestBuild(
    ctx: RepositoryContext<FileParams>,
    asked: Artifact,
  ): Promise<{ found: ArtifactFile | undefined; settlesAt: number | undefined } | undefined> {
    const rows = await this.rows(ctx, ctx.params.package);
    if (!rows) return undefined;
    const { versions, settlesAt } = visibleVersions(
      rows,
      mavenSettings(ctx.repository.settings).versionPolicy,
      Date.now(),
    );
    const extension = listedExtension(asked);
    const builds = versions
      .filter(version => version.baseVersion === asked.baseVersion)
      .flatMap(version => version.files)
      .filter(({ artifact }) => artifact.classifier === asked.classifier && listedExtension(artifact) === extension);
    return { found: builds.sort((a, b) => compareSnapshotFiles(snapshotFile(b), snapshotFile(a)))[0], settlesAt };
  }

  /** Everything living below a package; undefined when there is nothing. */
  async rows(ctx: RepositoryContext, name: string): Promise<PackageRows | undefined> {
    const pkg = await this.contents.package(ctx, name);
    if (!pkg) return undefined;
    const [versions, files, states] = await Promise.all([
      this.contents.versions(pkg),
      this.contents.files(pkg),
      this.contents.states(pkg),
    ]);
    return { versions, files, states, updatedAt: pkg.updatedAt };
  }

  /** How the file's version stands, kept in memory until something in the package changes. */
  private standing(ctx: RepositoryContext<FileParams>, artifact: Artifact): Promise<Standing | undefined> {
    const name = ctx.params.package;
    return this.contents.cached(ctx, { scope: name, key: `standing:${artifact.version}` }, async () => {
      const pkg = await this.contents.package(ctx, name);
      const version = pkg && (await this.contents.version(pkg, artifact.version));
      if (!version) return undefined;
      const [states, files] = await Promise.all([this.contents.states(pkg), this.contents.versionFiles(version)]);
      return { version, quarantine: quarantineOf(states, version.id), whole: isWhole(artifactFiles(files)) };
    });
  }

  private isForeignRead(ctx: RepositoryContext, artifact: Artifact, version: VersionRow): boolean {
    return isPrimary(artifact) && ctx.principal.id !== version.publisherId;
  }
}

/** A stored file as the V-level metadata sees it. */
export function snapshotFile({ artifact, file }: ArtifactFile): SnapshotFile {
  return {
    version: artifact.version,
    build: artifact.build,
    classifier: artifact.classifier,
    extension: listedExtension(artifact),
    isPom: isPom(artifact),
    publishedAt: file.publishedAt,
  };
}
