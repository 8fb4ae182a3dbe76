import { Module } from '@nestjs/common';
import { NpmController } from './npm.controller.js';
import { PackageChanges } from './package-changes.js';
import { PackageReader } from './package-reader.js';
import { Publisher } from './publisher.js';
import { SessionController } from './session.controller.js';
import { SignIn } from './sign-in.js';

@Module({
  controllers: [NpmController, SessionController],
  providers: [PackageChanges, PackageReader, Publisher, SignIn],
})
export class NpmModule {}
