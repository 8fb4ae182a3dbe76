import { METHOD_METADATA } from '@nestjs/common/constants.js';
import type { Type } from '@nestjs/common';
import { operationKey, type Operation } from '../http/operation.js';

/**
 * The operations that these controllers serve, in their order.
 * @throws Error for a route without an operation: nothing of the API may be missing in its description
 */
export function operationsOf(controllers: readonly Type<unknown>[]): Operation[] {
  return controllers.flatMap(controller => {
    const prototype = controller.prototype as Record<string, unknown>;
    return Object.getOwnPropertyNames(prototype)
      .filter(name => name !== 'constructor' && typeof prototype[name] === 'function')
      .filter(name => Reflect.getMetadata(METHOD_METADATA, prototype[name] as object) !== undefined)
      .map(name => {
        const operation = Reflect.getMetadata(operationKey, prototype[name] as object) as Operation | undefined;
        if (!operation) throw new Error(`${controller.name}.${name} is a route without an operation`);
        return operation;
      });
  });
}
