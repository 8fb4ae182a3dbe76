export * from './src/action.js';
export * from './src/context.js';
export { ContentHandlers } from './src/content-handlers.js';
export * from './src/contents.js';
export * from './src/draft.js';
export { Ctx, contextFor, Exchange } from './src/exchange.js';
export { Failures } from './src/failures.js';
export * from './src/files.js';
export * from './src/format.js';
export { Formats } from './src/formats.js';
export { Front } from './src/front.js';
export { Gate, nothingThere } from './src/gate.js';
export * from './src/indexes.js';
export { Neighbours } from './src/neighbours.js';
export { Publishing } from './src/publishing.js';
export { Recorder } from './src/recorder.js';
export { RegistryModule, type RegistryParts } from './src/registry.module.js';
export * from './src/repository-settings.js';
export { listRoutes, requireActions, type DeclaredRoute } from './src/require-actions.js';
export { sendRefusal } from './src/refusal.js';
export * from './src/trace.js';
export { loggerToken } from './src/tokens.js';
export { statusOf } from './src/undisclosed.js';
export { Uploads } from './src/uploads.js';

// What formats need from the rooms below: they import kernel, http and this room only.
export { Accounts, likePattern, type Principal, type TokenScope } from '#access';
export type { BlobSink, ByteRange, StagedBlob, StageOptions, StoredBlob } from '#blob';
export { Repositories } from '#catalog';
export type {
  FileRow,
  Id,
  PackageRow,
  ReferenceRow,
  RepositoryRow,
  StateRow,
  TagRow,
  UploadRow,
  VersionRow,
  VersionState,
} from '#catalog';
export { decideOverwrite, tagModeOf, type OverwritePolicy, type TagMode, type TagRule, type Verdict } from '#policy';
