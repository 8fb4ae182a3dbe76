import type { Type } from '@nestjs/common';
import { MeController } from './me.controller.js';
import { PackagesController } from './packages.controller.js';
import { RecordsController } from './records.controller.js';
import { RepositoriesController } from './repositories.controller.js';
import { RightsController } from './rights.controller.js';
import { SetupController } from './setup.controller.js';
import { TagsController } from './tags.controller.js';
import { UsersController } from './users.controller.js';

/** Every controller of the API: what is served and what is described come from this one list. */
export const apiControllers: readonly Type<unknown>[] = [
  SetupController,
  MeController,
  RepositoriesController,
  PackagesController,
  TagsController,
  UsersController,
  RightsController,
  RecordsController,
];
