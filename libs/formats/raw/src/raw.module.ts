import { Module } from '@nestjs/common';
import { RawController } from './raw.controller.js';
import { RawService } from './raw.service.js';

@Module({ controllers: [RawController], providers: [RawService] })
export class RawModule {}
