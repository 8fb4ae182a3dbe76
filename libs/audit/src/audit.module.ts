import { Module } from '@nestjs/common';
import { Decisions } from './decisions.js';
import { Events } from './events.js';

/** Needs `Database` from a global module. */
@Module({ providers: [Events, Decisions], exports: [Events, Decisions] })
export class AuditModule {}
