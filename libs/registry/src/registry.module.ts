import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import {
  Accounts,
  Authenticator,
  Authorizer,
  Grants,
  Passwords,
  Roles,
  Setup,
  Tokens,
  Users,
  type Access,
} from '#access';
import { Decisions, Events } from '#audit';
import type { BlobSink, BlobSource, UploadFiles } from '#blob';
import { CatalogReader, FileRows, Packages, Repositories, Tags, UploadRows, Usage, Versions } from '#catalog';
import { Database } from '#database';
import { Origins, type OriginSettings } from '#http';
import type { Logger } from '#kernel';
import { ContentCache } from './content-cache.js';
import { ContentErrorsFilter } from './content-errors.filter.js';
import { Contents } from './contents.js';
import { Failures } from './failures.js';
import { Files } from './files.js';
import type { Format } from './format.js';
import { Formats } from './formats.js';
import { Front } from './front.js';
import { Gate } from './gate.js';
import { Indexes } from './indexes.js';
import { Neighbours } from './neighbours.js';
import { PipelineGuard } from './pipeline.guard.js';
import { Publishing } from './publishing.js';
import { Recorder } from './recorder.js';
import { FileSteps } from './publishing/file-steps.js';
import { ReleaseSteps } from './publishing/release-steps.js';
import { Removal } from './publishing/removal.js';
import { TagMoves } from './publishing/tag-moves.js';
import { blobSinkToken, blobSourceToken, loggerToken, uploadFilesToken } from './tokens.js';
import { UnroutedController } from './unrouted.controller.js';
import { Uploads } from './uploads.js';

/** What the composition of a server hands to the registry: everything below it, ready to use. */
export interface RegistryParts {
  readonly formats: readonly Format[];
  readonly database: Database;
  readonly access: Access;
  readonly blobs: { readonly sink: BlobSink; readonly source: BlobSource; readonly uploads: UploadFiles };
  readonly origins: OriginSettings;
  readonly logger: Logger;
}

const own = [
  Gate,
  Recorder,
  Failures,
  Front,
  ContentCache,
  Contents,
  Indexes,
  Files,
  Neighbours,
  Publishing,
  ReleaseSteps,
  FileSteps,
  TagMoves,
  Removal,
  Uploads,
];

/** The engine as one global module: formats and management inject its services. */
@Global()
@Module({})
export class RegistryModule {
  static forRoot(parts: RegistryParts): DynamicModule {
    const providers: Provider[] = [...own, ...below(parts)];
    return {
      module: RegistryModule,
      imports: parts.formats.map(format => format.module),
      controllers: [UnroutedController],
      providers: [
        ...providers,
        { provide: APP_GUARD, useClass: PipelineGuard },
        { provide: APP_FILTER, useClass: ContentErrorsFilter },
      ],
      exports: providers,
    };
  }
}

function below(parts: RegistryParts): Provider[] {
  const { database, access, logger } = parts;
  return [
    { provide: loggerToken, useValue: logger },
    { provide: blobSinkToken, useValue: parts.blobs.sink },
    { provide: blobSourceToken, useValue: parts.blobs.source },
    { provide: uploadFilesToken, useValue: parts.blobs.uploads },
    { provide: Formats, useValue: new Formats(parts.formats) },
    { provide: Origins, useValue: new Origins(parts.origins) },
    { provide: Database, useValue: database },
    { provide: Authenticator, useValue: access.authenticator },
    { provide: Authorizer, useValue: access.authorizer },
    { provide: Accounts, useValue: access.accounts },
    { provide: Users, useValue: access.users },
    { provide: Tokens, useValue: access.tokens },
    { provide: Roles, useValue: access.roles },
    { provide: Grants, useValue: access.grants },
    { provide: Passwords, useValue: access.passwords },
    { provide: Setup, useValue: access.setup },
    { provide: Repositories, useValue: new Repositories(database) },
    { provide: CatalogReader, useValue: new CatalogReader(database) },
    { provide: UploadRows, useValue: new UploadRows(database) },
    { provide: Usage, useValue: new Usage(database, logger) },
    { provide: Packages, useValue: new Packages() },
    { provide: Versions, useValue: new Versions() },
    { provide: FileRows, useValue: new FileRows() },
    { provide: Tags, useValue: new Tags() },
    { provide: Events, useValue: new Events(database) },
    { provide: Decisions, useValue: new Decisions(database, logger) },
  ];
}
