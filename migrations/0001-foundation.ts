import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first tables. Names are the glossary's. Ids are bigint; text that is compared or paged uses collation "C"; times come from
 * the database clock. Current state and history are the same rows: a tag or a state is an interval, open while `valid_to` is null.
 */
export class Foundation1700000000001 implements MigrationInterface {
  readonly name = 'Foundation1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...access, ...content, ...records, ...builtIn]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone; restore a backup instead');
  }
}

const access = [
  `create table access_user (
     id bigint generated always as identity primary key,
     name text collate "C" not null,
     display_name text not null default '',
     email text,
     password_hash text,
     disabled_at timestamptz,
     removed_at timestamptz,
     created_at timestamptz not null default now()
   )`,
  `create unique index access_user_name on access_user (lower(name))`,
  `create table access_token (
     id bigint generated always as identity primary key,
     user_id bigint not null references access_user (id),
     name text not null,
     kind text not null,
     secret_hash bytea not null,
     prefix text not null,
     actions text[],
     repository_pattern text,
     client text,
     created_at timestamptz not null default now(),
     expires_at timestamptz,
     last_used_at timestamptz,
     last_used_address text,
     revoked_at timestamptz
   )`,
  `create unique index access_token_secret on access_token (secret_hash)`,
  `create index access_token_user on access_token (user_id, id)`,
  `create table access_role (
     id bigint generated always as identity primary key,
     name text collate "C" not null,
     actions text[] not null,
     built_in boolean not null default false,
     created_at timestamptz not null default now()
   )`,
  `create unique index access_role_name on access_role (lower(name))`,
  `create table access_grant (
     id bigint generated always as identity primary key,
     subject_kind text not null check (subject_kind in ('user', 'everyone', 'signed-in')),
     user_id bigint references access_user (id),
     role_id bigint not null references access_role (id),
     repository_pattern text not null default '*',
     name_pattern text not null default '*',
     tag_pattern text not null default '*',
     created_at timestamptz not null default now(),
     created_by text not null,
     check ((subject_kind = 'user') = (user_id is not null))
   )`,
  `create index access_grant_role on access_grant (role_id)`,
  `create index access_grant_user on access_grant (user_id)`,
];

const content = [
  `create table repository (
     id bigint generated always as identity primary key,
     name text collate "C" not null,
     format text not null,
     kind text not null check (kind in ('hosted', 'proxy', 'group')),
     settings jsonb not null default '{}',
     settings_revision bigint not null default 1,
     created_at timestamptz not null default now(),
     created_by text not null,
     removed_at timestamptz,
     removed_by text
   )`,
  `create unique index repository_name on repository (lower(name)) where removed_at is null`,
  `create table package (
     id bigint generated always as identity primary key,
     repository_id bigint not null references repository (id),
     name text collate "C" not null,
     display_name text not null,
     revision bigint not null default 1,
     metadata jsonb not null default '{}',
     living_files bigint not null default 0,
     living_versions bigint not null default 0,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now()
   )`,
  `create unique index package_name on package (repository_id, name)`,
  `create table version (
     id bigint generated always as identity primary key,
     package_id bigint not null references package (id),
     text text collate "C" not null,
     metadata jsonb not null default '{}',
     origin text not null default 'published' check (origin in ('published', 'upstream')),
     published_at timestamptz not null default now(),
     published_by text not null,
     publisher_id text not null,
     sealed_at timestamptz,
     updated_at timestamptz not null default now(),
     last_used_at timestamptz,
     removed_at timestamptz,
     removed_by text
   )`,
  // Over the living and the removed: the tombstone keeps the coordinate.
  `create unique index version_text on version (package_id, text)`,
  `create index version_text_search on version (text)`,
  `create table version_fragment (
     version_id bigint not null references version (id),
     variant text not null,
     body text not null,
     primary key (version_id, variant)
   )`,
  `create table blob (
     id bigint generated always as identity primary key,
     digest text collate "C" not null,
     size_bytes bigint not null,
     sha512 text collate "C",
     sha1 text collate "C",
     md5 text collate "C",
     blake2b512 text collate "C",
     pinned_until timestamptz,
     condemned_at timestamptz,
     created_at timestamptz not null default now()
   )`,
  `create unique index blob_digest on blob (digest)`,
  `create index blob_sha512 on blob (sha512) where sha512 is not null`,
  `create index blob_sha1 on blob (sha1) where sha1 is not null`,
  `create index blob_md5 on blob (md5) where md5 is not null`,
  `create table file (
     id bigint generated always as identity primary key,
     repository_id bigint not null references repository (id),
     package_id bigint not null references package (id),
     version_id bigint references version (id),
     path text collate "C" not null,
     blob_id bigint not null references blob (id),
     media_type text not null,
     metadata jsonb not null default '{}',
     published_at timestamptz not null default now(),
     published_by text not null,
     publisher_id text not null,
     removed_at timestamptz,
     removed_by text
   )`,
  // A removed or replaced file keeps its row: the history of a path is the rows of that path.
  `create unique index file_path on file (repository_id, path) where removed_at is null`,
  // With the blob: whether a package links a layer costs the same in its thousandth image, and for a layer that a thousand packages share.
  `create index file_package on file (package_id, blob_id) where removed_at is null`,
  `create index file_version on file (version_id)`,
  `create index file_blob on file (blob_id)`,
  `create table tag (
     id bigint generated always as identity primary key,
     package_id bigint not null references package (id),
     name text collate "C" not null,
     version_id bigint not null references version (id),
     valid_from timestamptz not null default clock_timestamp(),
     valid_to timestamptz,
     moved_by text not null,
     mover_id text not null,
     client text,
     request_id text
   )`,
  `create unique index tag_current on tag (package_id, name) where valid_to is null`,
  `create index tag_history on tag (package_id, name, valid_from)`,
  `create index tag_version on tag (version_id)`,
  `create table state_change (
     id bigint generated always as identity primary key,
     package_id bigint not null references package (id),
     version_id bigint not null references version (id),
     state text not null check (state in ('yanked', 'deprecated', 'unlisted', 'quarantined')),
     reason text not null default '',
     valid_from timestamptz not null default clock_timestamp(),
     valid_to timestamptz,
     changed_by text not null,
     cleared_by text
   )`,
  `create unique index state_current on state_change (version_id, state) where valid_to is null`,
  `create index state_package on state_change (package_id) where valid_to is null`,
  `create table upload (
     id text primary key,
     repository_id bigint not null references repository (id),
     package text collate "C" not null,
     principal_id text not null,
     offset_bytes bigint not null default 0,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null default now() + interval '24 hours'
   )`,
  `create index upload_principal on upload (principal_id)`,
  `create index upload_expiry on upload (expires_at)`,
  // Rows, not counters: who needs which bytes. The collector of a later release reads only these and the pins.
  `create table reference (
     id bigint generated always as identity primary key,
     blob_id bigint references blob (id),
     digest text collate "C" not null,
     relation text not null,
     package_id bigint not null references package (id),
     version_id bigint references version (id),
     file_id bigint references file (id),
     check (version_id is not null or file_id is not null)
   )`,
  `create index reference_blob on reference (blob_id)`,
  `create index reference_edge on reference (package_id, relation, digest)`,
  `create index reference_version on reference (version_id)`,
  `create index reference_file on reference (file_id)`,
];

const records = [
  `create table event (
     sequence bigint generated always as identity primary key,
     at timestamptz not null default clock_timestamp(),
     request_id text,
     principal_id text not null,
     principal_name text not null,
     token_id bigint,
     client text,
     source_address text,
     action text not null,
     repository_id bigint,
     repository text,
     package text,
     version text,
     tag text,
     path text,
     before jsonb,
     after jsonb
   )`,
  `create index event_repository on event (repository_id, sequence)`,
  // For the history of a tag: only the event tells who ended it. Compared with package.name, hence its collation.
  `create index event_tag_removed on event (repository_id, package collate "C", tag) where action = 'tag.remove'`,
  `create table decision (
     id text primary key,
     at timestamptz not null default now(),
     principal_id text,
     principal_name text,
     method text not null,
     url text not null,
     status int not null,
     code text not null,
     message text not null,
     repository text,
     rule text,
     steps jsonb not null
   )`,
  `create index decision_at on decision (at)`,
  `create table usage_day (
     version_id bigint not null references version (id),
     day date not null,
     downloads bigint not null default 0,
     primary key (version_id, day)
   )`,
  `create table instance_setting (
     name text primary key,
     value jsonb not null,
     updated_at timestamptz not null default now()
   )`,
];

const builtIn = [
  `insert into access_role (name, actions, built_in) values
     ('reader', '{read}', true),
     ('publisher', '{read,publish,tag}', true),
     ('maintainer', '{read,publish,overwrite,delete,tag,promote,manage}', true),
     ('administrator', '{read,publish,overwrite,delete,tag,promote,manage,system:repositories,system:users,system:audit}', true)`,
];
