import { Injectable } from '@nestjs/common';
import { makeDocument, type Document } from '#http';
import {
  Contents,
  Files,
  Gate,
  Indexes,
  type IndexDefinition,
  type PackageRow,
  type RepositoryContext,
} from '#registry';
import { descriptionOf, metadataLimitBytes, parseCoreMetadata } from './core-metadata.js';
import { latestVersion, renderJsonApi, type JsonApiAnswer } from './json-api.js';
import type { ProjectName } from './names.js';
import { mediaTypes, type Representation } from './negotiation.js';
import { projectPage, type ProjectPage } from './project-page.js';
import { equalSpellings, parseVersion } from './versions.js';
import { renderProjectHtml, renderRootHtml } from './simple-html.js';
import { renderProjectJson, renderRootJson, type RootProject } from './simple-json.js';

const namesPerRead = 1000;

/** The computed pages of a repository. */
@Injectable()
export class SimpleIndex {
  constructor(
    private readonly contents: Contents,
    private readonly indexes: Indexes,
    private readonly files: Files,
    private readonly gate: Gate,
  ) {}

  /** The projects that the principal may read. One rendering is kept for those who may read all; the others' lists are made for each. */
  async root(ctx: RepositoryContext, representation: Representation): Promise<Document> {
    const render = (projects: readonly RootProject[]) => ({
      mediaType: mediaTypes[representation],
      body: representation === 'json' ? renderRootJson(projects) : renderRootHtml(projects),
    });
    if (this.gate.readsEverything(ctx)) {
      const compute = async () => ({ value: await this.projects(ctx) });
      return this.indexes.read(ctx, { scope: '', variant: `simple:${representation}`, compute, render });
    }
    const { mediaType, body } = render(await this.projects(ctx));
    return makeDocument(mediaType, body);
  }

  /** @throws not-found when nothing of the project is there */
  project(ctx: RepositoryContext, project: ProjectName, representation: Representation): Promise<Document> {
    return this.indexes.read(ctx, this.projectIndex(ctx, project, representation));
  }

  /** The JSON API document of the latest or of one version. @throws not-found */
  jsonApi(ctx: RepositoryContext, project: ProjectName, version: string | undefined): Promise<Document> {
    return this.indexes.read(ctx, {
      scope: project,
      variant: `json-api:${version ?? ''}`,
      compute: async () => {
        const value = await this.jsonApiAnswer(ctx, project, version);
        return value && { value };
      },
      render: value => ({ mediaType: 'application/json', body: renderJsonApi(value) }),
    });
  }

  private projectIndex(
    ctx: RepositoryContext,
    project: ProjectName,
    representation: Representation,
  ): IndexDefinition<ProjectPage> {
    return {
      scope: project,
      variant: `simple:${representation}`,
      compute: async () => {
        const pkg = await this.contents.package(ctx, project);
        return pkg && { value: await this.page(pkg, project), lastModified: pkg.updatedAt };
      },
      render: page => ({
        mediaType: mediaTypes[representation],
        body: representation === 'json' ? renderProjectJson(page) : renderProjectHtml(page),
      }),
    };
  }

  private async page(pkg: PackageRow, project: ProjectName): Promise<ProjectPage> {
    const [files, states] = await Promise.all([this.contents.files(pkg), this.contents.states(pkg)]);
    return projectPage(project, files, states);
  }

  private async projects(ctx: RepositoryContext): Promise<RootProject[]> {
    const projects: RootProject[] = [];
    for (let after: string | undefined; ; after = projects.at(-1)!.name) {
      const page = await this.contents.packages(ctx, {
        limit: namesPerRead,
        ...(after === undefined ? {} : { after }),
      });
      projects.push(...page.map(({ name, displayName }) => ({ name, displayName })));
      if (page.length < namesPerRead) return projects;
    }
  }

  private async jsonApiAnswer(
    ctx: RepositoryContext,
    project: ProjectName,
    asked: string | undefined,
  ): Promise<JsonApiAnswer | undefined> {
    const pkg = await this.contents.package(ctx, project);
    if (!pkg) return undefined;
    const page = await this.page(pkg, project);
    const spellings = asked === undefined ? [] : [asked, ...equalSpellings(parseVersion(asked))];
    const version = asked === undefined ? latestVersion(page) : page.versions.find(text => spellings.includes(text));
    if (version === undefined) return undefined;
    const row = await this.contents.version(pkg, version);
    return {
      page,
      displayName: pkg.displayName,
      version,
      facts: row?.metadata ?? {},
      description: await this.description(ctx, page, version),
      baseUrl: ctx.baseUrl,
      withReleases: asked === undefined,
    };
  }

  /** From the metadata beside one of its files: a description is too long to be kept with every version. */
  private async description(ctx: RepositoryContext, page: ProjectPage, version: string): Promise<string | undefined> {
    const offering = page.files.find(file => file.version === version && file.coreMetadataSha256 !== undefined);
    const sibling = offering && (await this.contents.file(ctx, page.name, `${offering.path}.metadata`));
    return sibling && descriptionOf(parseCoreMetadata(await this.files.read(sibling, metadataLimitBytes)));
  }
}
