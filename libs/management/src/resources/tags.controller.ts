import { LarderError } from '#kernel';
// Value imports: Nest reads the constructor's parameter types.
import { Publishing } from '#registry';
import type { ApiCall, CallOf } from '../http/api-call.js';
import { ContentContexts } from '../http/content-context.js';
import type { Output } from '../http/operation.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { Visibility } from '../http/visibility.js';
import { PackageViews, type PackagePlace } from '../views/package-views.js';
import { TagViews } from '../views/tag-views.js';
import { getTag, listTagHistory, listTags, moveTag, removeTag, rollbackTag } from './tags.operations.js';

type TagCall = ApiCall & { readonly params: { readonly packageId: string; readonly tag: string } };

@ApiController()
export class TagsController {
  constructor(
    private readonly packages: PackageViews,
    private readonly tags: TagViews,
    private readonly visibility: Visibility,
    private readonly publishing: Publishing,
    private readonly contexts: ContentContexts,
  ) {}

  @Serves(listTags)
  async list(@Call() call: CallOf<typeof listTags>): Promise<Output<typeof listTags>> {
    return this.tags.list((await this.place(call)).id, call.query);
  }

  @Serves(getTag)
  async get(@Call() call: CallOf<typeof getTag>): Promise<Output<typeof getTag>> {
    const tag = await this.tags.find((await this.place(call)).id, call.params.tag);
    if (!tag) throw noSuchTag(call.params.tag);
    return tag;
  }

  @Serves(moveTag)
  async move(@Call() call: CallOf<typeof moveTag>): Promise<Output<typeof moveTag>> {
    return this.pointAt(call, await this.place(call), call.body.version);
  }

  @Serves(removeTag)
  async remove(@Call() call: CallOf<typeof removeTag>): Promise<void> {
    const place = await this.place(call);
    const { tag } = call.params;
    if (!(await this.tags.find(place.id, tag))) return;
    await this.publishing.removeTag(
      await this.contexts.of(call, place.repository, { package: place.name, tag }),
      place.name,
      tag,
    );
  }

  @Serves(listTagHistory)
  async history(@Call() call: CallOf<typeof listTagHistory>): Promise<Output<typeof listTagHistory>> {
    const page = await this.tags.history((await this.place(call)).id, call.params.tag, call.query);
    if (page.items.length === 0 && call.query.cursor === undefined) throw noSuchTag(call.params.tag);
    return page;
  }

  @Serves(rollbackTag)
  async rollback(@Call() call: CallOf<typeof rollbackTag>): Promise<Output<typeof rollbackTag>> {
    const place = await this.place(call);
    const earlier = await this.tags.earlierTarget(place.id, call.params.tag);
    if (!earlier) throw new LarderError('conflict', `The tag ${call.params.tag} has never pointed at anything else.`);
    if (earlier.removed) {
      throw new LarderError(
        'conflict',
        `The tag ${call.params.tag} pointed at ${earlier.version} before, but that version was removed.`,
      );
    }
    return this.pointAt(call, place, earlier.version);
  }

  private async pointAt(call: TagCall, place: PackagePlace, version: string): Promise<Output<typeof getTag>> {
    const { tag } = call.params;
    const ctx = await this.contexts.of(call, place.repository, { package: place.name, tag, version });
    await this.publishing.moveTag(ctx, place.name, tag, version);
    const moved = await this.tags.find(place.id, tag);
    if (!moved) throw noSuchTag(tag);
    return moved;
  }

  private async place(call: ApiCall & { readonly params: { readonly packageId: string } }): Promise<PackagePlace> {
    const place = await this.packages.place(this.visibility.filter(call.principal), call.params.packageId);
    if (!place) throw this.visibility.missing(call.principal, 'package');
    return place;
  }
}

function noSuchTag(tag: string): LarderError {
  return new LarderError('not-found', `The package has no tag ${tag}.`);
}
