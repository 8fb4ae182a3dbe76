import { Module, type DynamicModule } from '@nestjs/common';
import { ManagementModule } from '#management';
import { RegistryModule, type RegistryParts } from '#registry';
import { HealthController } from './health.controller.js';
import { Health } from './health.js';

/** The whole server as one module: the engine, the formats it is given, the REST interface, and health. */
@Module({})
export class AppModule {
  static forRoot(parts: RegistryParts, health: Health): DynamicModule {
    return {
      module: AppModule,
      imports: [RegistryModule.forRoot(parts), ManagementModule],
      controllers: [HealthController],
      providers: [{ provide: Health, useValue: health }],
    };
  }
}
