import type { NextFunction, Request, RequestHandler, Response, Router } from 'express';

/**
 * The formats' handlers by method and path. Nest makes one Express layer for each route, and Express tries them in turn, each with a regular expression: with several
 * formats the search costs more than most handlers. Behind the front the path is one of a few fixed ones, so that one look-up finds the same layer's handle: the one
 * that Nest has wrapped in guard, action check and filter. Whatever is not found here Express goes on looking for.
 */
export class ContentHandlers {
  private readonly handlers = new Map<string, RequestHandler>();

  /** The Express middleware. It comes right after the front. */
  readonly handle = (req: Request, res: Response, next: NextFunction): unknown => {
    const handler = this.handlers.get(keyOf(req.method === 'HEAD' ? 'get' : req.method.toLowerCase(), req.url));
    // Returned, so that Express sees its promise fail.
    return handler ? handler(req, res, next) : next();
  };

  /** Takes the routes over; call it when all are registered. Of several for one path the first counts, as it does for Express. */
  collect(router: Router): void {
    for (const { route } of router.stack) {
      if (!route || !isFixedContentPath(route.path)) continue;
      for (const { method, handle } of route.stack) {
        const key = keyOf(method, route.path);
        if (!this.handlers.has(key)) this.handlers.set(key, handle);
      }
    }
  }
}

/** Only below the formats' mounts, which nobody reaches past the front, and only where no parameter or wildcard stands. */
function isFixedContentPath(path: unknown): path is string {
  return typeof path === 'string' && /^\/~[a-z0-9-]+\/[a-z0-9-]+$/.test(path);
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}
