export * from './src/format.js';
export * from './src/context.js';
export * from './src/trace.js';
export * from './src/draft.js';
// What formats need from the rooms below.
export type { ByteRange, StagedBlob, StageOptions, StoredBlob } from '#blob';
export type { FileRow, PackageRow, RepositoryRow, StateRow, TagRow, VersionRow } from '#catalog';
export type { OverwritePolicy, Verdict } from '#policy';
