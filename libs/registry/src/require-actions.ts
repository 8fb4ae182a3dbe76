import { METHOD_METADATA } from '@nestjs/common/constants.js';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { actionKey, type RequiredAction } from './action.js';

export interface DeclaredRoute {
  readonly controller: string;
  readonly handler: string;
  readonly action: RequiredAction | undefined;
}

/** Every route handler of every controller, with what it declares. */
export function listRoutes(app: INestApplicationContext): DeclaredRoute[] {
  const routes: DeclaredRoute[] = [];
  for (const module of app.get(ModulesContainer).values()) {
    for (const controller of module.controllers.values()) {
      if (controller.metatype) routes.push(...routesOf(controller.metatype as Type<unknown>));
    }
  }
  return routes;
}

/** @throws Error naming each route that declares no action: such a server does not start. */
export function requireActions(app: INestApplicationContext): void {
  const bare = listRoutes(app).filter(route => route.action === undefined);
  if (bare.length > 0) {
    throw new Error(
      `these routes declare no action: ${bare.map(route => `${route.controller}.${route.handler}`).join(', ')}`,
    );
  }
}

function routesOf(controller: Type<unknown>): DeclaredRoute[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype)
    .filter(name => name !== 'constructor' && typeof prototype[name] === 'function')
    .filter(name => Reflect.getMetadata(METHOD_METADATA, prototype[name] as object) !== undefined)
    .map(name => ({
      controller: controller.name,
      handler: name,
      action: Reflect.getMetadata(actionKey, prototype[name] as object) as RequiredAction | undefined,
    }));
}
