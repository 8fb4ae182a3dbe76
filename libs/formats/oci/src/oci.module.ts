import { Module } from '@nestjs/common';
import { BaseController } from './base.controller.js';
import { BlobController } from './blob.controller.js';
import { BlobLinks } from './blob-links.js';
import { BlobMounts } from './blob-mounts.js';
import { BlobUploads } from './blob-uploads.js';
import { Catalog } from './catalog.js';
import { ListsController } from './lists.controller.js';
import { ManifestController } from './manifest.controller.js';
import { ManifestPushes } from './manifest-pushes.js';
import { ManifestReads } from './manifest-reads.js';
import { ReferrerLists } from './referrer-lists.js';
import { Removals } from './removals.js';
import { Tokens } from './tokens.js';
import { UploadsController } from './uploads.controller.js';

@Module({
  controllers: [BaseController, BlobController, UploadsController, ManifestController, ListsController],
  providers: [
    Tokens,
    Catalog,
    BlobLinks,
    BlobMounts,
    BlobUploads,
    ManifestPushes,
    ManifestReads,
    ReferrerLists,
    Removals,
  ],
})
export class OciModule {}
