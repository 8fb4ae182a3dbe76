import { Module } from '@nestjs/common';
import { Changes } from './http/changes.js';
import { ContentContexts } from './http/content-context.js';
import { Visibility } from './http/visibility.js';
import { apiControllers } from './resources/controllers.js';
import { DescriptionController } from './resources/description.controller.js';
import { PackageViews } from './views/package-views.js';
import { SearchViews } from './views/search-views.js';
import { TagViews } from './views/tag-views.js';
import { VersionViews } from './views/version-views.js';

/** `/api`: management of repositories, packages, people and rights. Needs the registry's global module. */
@Module({
  // The one that answers for every other path of the API stands last, because Express asks in this order.
  controllers: [...apiControllers, DescriptionController],
  providers: [Changes, ContentContexts, Visibility, PackageViews, VersionViews, TagViews, SearchViews],
})
export class ManagementModule {}
