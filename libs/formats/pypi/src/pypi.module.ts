import { Module } from '@nestjs/common';
import { PypiController } from './pypi.controller.js';
import { SimpleIndex } from './simple-index.js';
import { Upload } from './upload.js';

@Module({ controllers: [PypiController], providers: [SimpleIndex, Upload] })
export class PypiModule {}
