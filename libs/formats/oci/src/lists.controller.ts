import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Action, Contents, Ctx, mountOf, type RepositoryContext } from '#registry';
import { answerBody, answerJson } from './answer.js';
import { ociIndex } from './manifest.js';
import { imageUnknown } from './oci-error.js';
import { ReferrerLists } from './referrer-lists.js';
import { referrersPage } from './referrers.js';
import type { ReferrersParams, TagsParams } from './route.js';
import { imageUrl, nextPage } from './wire.js';

@Controller(mountOf('oci'))
export class ListsController {
  constructor(
    private readonly contents: Contents,
    private readonly referrers: ReferrerLists,
  ) {}

  /** In byte order. `n=0` is an empty page without a link. */
  @Get('tags')
  @Action('read')
  async tags(@Ctx() ctx: RepositoryContext<TagsParams>, @Res() res: Response): Promise<void> {
    const { image, limit, after } = ctx.params;
    const pkg = await this.contents.package(ctx, image);
    if (!pkg) throw imageUnknown(image);
    const names =
      limit === 0 ? [] : await this.contents.tagNames(pkg, { ...(after !== undefined && { after }), limit: limit + 1 });
    const tags = names.slice(0, limit);
    const more = names.length > limit;
    const link = more
      ? nextPage(imageUrl(ctx, 'tags/list'), [
          ['n', String(limit)],
          ['last', tags.at(-1)!],
        ])
      : {};
    answerJson(res, { name: `${ctx.repository.name}/${image}`, tags }, link);
  }

  /** 200 also for an unknown subject or image: clients take 404 to mean that there is no such API here. */
  @Get('referrers')
  @Action('read')
  async list(@Ctx() ctx: RepositoryContext<ReferrersParams>, @Res() res: Response): Promise<void> {
    const { image, subject, artifactTypes, after } = ctx.params;
    const page = referrersPage(await this.referrers.list(ctx, image, subject), { artifactTypes, after });
    const filters = artifactTypes.map(type => ['artifactType', type] as const);
    answerBody(res, Buffer.from(page.body), {
      'Content-Type': ociIndex,
      ...(artifactTypes.length > 0 && { 'OCI-Filters-Applied': 'artifactType' }),
      ...(page.next !== undefined &&
        nextPage(imageUrl(ctx, `referrers/${subject.text}`), [...filters, ['last', page.next]])),
    });
  }
}
