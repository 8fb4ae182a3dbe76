import { All, Controller, Get, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { makeDocument, sendDocument, type Document } from '#http';
import { LarderError } from '#kernel';
import { Action } from '#registry';
import { ProblemFilter } from '../http/problem.filter.js';
import { describeApi } from '../openapi/describe-api.js';
import { operationsOf } from '../openapi/operations-of.js';
import { apiControllers } from './controllers.js';

/** The description of the API, and what answers where it has nothing. It must be the last controller of the module. */
@Controller('api')
@UseFilters(ProblemFilter)
export class DescriptionController {
  private document: Promise<Document> | undefined;

  @Get('openapi.json')
  @Action('public')
  async describe(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.document ??= makeDocument(
      'application/json; charset=utf-8',
      JSON.stringify(describeApi(operationsOf(apiControllers), '1.0.0')),
    );
    sendDocument(request, response, await this.document, { cacheControl: 'no-cache' });
  }

  /** A path of the API that takes other methods says which. */
  @All('{*path}')
  @Action('public')
  nothing(@Req() request: Request): never {
    const allow = methodsAt(request.path);
    if (allow.length === 0)
      throw new LarderError('not-found', 'There is nothing at this address; /api/openapi.json tells what there is.');
    throw new LarderError('method-not-allowed', `This address takes ${allow.join(', ')} only.`, { allow });
  }
}

function methodsAt(path: string): string[] {
  if (path === '/api/openapi.json') return ['GET', 'HEAD'];
  const parts = path.replace(/^\/api\/v1\//, '/').split('/');
  const matching = operationsOf(apiControllers).filter(operation => {
    const pattern = operation.path.split('/');
    return (
      pattern.length === parts.length && pattern.every((part, index) => part.startsWith(':') || part === parts[index])
    );
  });
  const methods = new Set<string>(matching.map(operation => operation.method));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods];
}
