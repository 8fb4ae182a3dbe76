import { Module } from '@nestjs/common';
import { Announcements } from './announcements.js';
import { ArtifactSender } from './artifact-sender.js';
import { Artifacts } from './artifacts.js';
import { ChecksumUploads } from './checksum-uploads.js';
import { Deployments } from './deployments.js';
import { MavenController } from './maven.controller.js';
import { MetadataDocuments } from './metadata-documents.js';
import { UploadedChecksums } from './uploaded-checksums.js';

@Module({
  controllers: [MavenController],
  providers: [
    Announcements,
    Artifacts,
    ArtifactSender,
    ChecksumUploads,
    Deployments,
    MetadataDocuments,
    UploadedChecksums,
  ],
})
export class MavenModule {}
